const SHOWN = '[redacted]';

/**
 * What looks like a credential, wherever it stands in a text: keys of ours (a prefix and 64 hex digits), PEM private
 * keys (with real or escaped line breaks), JWTs, and the password of a URL. The last line of defence, not the first.
 */
const CREDENTIALS: readonly [RegExp, string][] = [
  [/\b[a-z]{2,12}_[0-9a-f]{64}\b/g, SHOWN],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/gs, SHOWN],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, SHOWN],
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"]*):[^\s@"/?#]+@/gi, `$1:${SHOWN}@`],
];

export function redactCredentials(text: string): string {
  return CREDENTIALS.reduce((left, [pattern, shown]) => left.replace(pattern, shown), text);
}
