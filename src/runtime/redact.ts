const SHOWN = '[redacted]';

/**
 * What looks like a credential, wherever it stands in a text: keys of ours (a prefix and 64 hex digits), PEM private
 * keys (with real or escaped line breaks), JWTs, and the password of a URL. The last line of defence, not the first.
 * Texts may come from anybody, so every step takes linear time.
 */
export function redactCredentials(text: string): string {
  return withoutPrivateKeys(text)
    .replace(/\b[a-z]{2,12}_[0-9a-f]{64}\b/g, SHOWN)
    .replace(/[\w.-]+/g, (run) => (run.includes('eyJ') ? withoutTokens(run) : run))
    .replace(/:\/\/([^\s:/@"]*):[^\s@"/?#]+@/g, `://$1:${SHOWN}@`);
}

function withoutPrivateKeys(text: string): string {
  let shown = '';
  let from = 0;
  for (let begin = text.indexOf('-----BEGIN '); begin >= 0; begin = text.indexOf('-----BEGIN ', begin + 1)) {
    if (begin < from || !isPrivateKeyLine(text, begin + '-----BEGIN '.length)) continue;
    const end = endOfPrivateKey(text, begin);
    if (end === undefined) break;
    shown += text.slice(from, begin) + SHOWN;
    from = end;
  }
  return shown + text.slice(from);
}

function isPrivateKeyLine(text: string, at: number): boolean {
  return /^[A-Z ]{0,32}PRIVATE KEY-----/.test(text.slice(at, at + 64));
}

function endOfPrivateKey(text: string, begin: number): number | undefined {
  for (let at = text.indexOf('-----END ', begin); at >= 0; at = text.indexOf('-----END ', at + 1)) {
    const behind = at + '-----END '.length;
    if (isPrivateKeyLine(text, behind)) return text.indexOf('KEY-----', behind) + 'KEY-----'.length;
  }
  return undefined;
}

const TOKEN_HEADER = /\beyJ[\w-]{8}/;

/** A header that begins with `{"`, a payload, a signature: from the header on, the rest of the run is struck out. */
function withoutTokens(run: string): string {
  let at = 0;
  const parts = run.split('.');
  for (const [place, part] of parts.entries()) {
    const begin = part.search(TOKEN_HEADER);
    const isToken = (parts[place + 1]?.length ?? 0) >= 8 && place + 2 < parts.length;
    if (begin >= 0 && isToken) return run.slice(0, at + begin) + SHOWN;
    at += part.length + 1;
  }
  return run;
}
