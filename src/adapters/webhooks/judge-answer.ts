import type { Sent } from '#core/events/destination.ts';

/** What became of an attempt, out of closed lists: the words of the delivery log (`README.md`). Pure. */
export type AttemptVerdict = Pick<Sent, 'outcome' | 'word'>;

/** 2xx ends it well. 408, 425, 429 and 5xx may end otherwise later; whatever else is said will be said again. */
export function judgeStatus(status: number): AttemptVerdict {
  if (status >= 200 && status < 300) return { outcome: 'delivered', word: 'ok' };
  if (status >= 300 && status < 400) return { outcome: 'refused', word: 'redirect' };
  if (status === 408 || status === 425) return { outcome: 'failed', word: 'not_now' };
  if (status === 429) return { outcome: 'failed', word: 'rate_limited' };
  if (status >= 500) return { outcome: 'failed', word: 'server_error' };
  return { outcome: 'refused', word: 'client_error' };
}

const BY_CODE: Readonly<Record<string, AttemptVerdict>> = {
  FORBIDDEN_ADDRESS: { outcome: 'refused', word: 'forbidden_address' },
  UNRESOLVED: { outcome: 'failed', word: 'unresolved' },
  ECONNREFUSED: { outcome: 'failed', word: 'connection_refused' },
  ECONNRESET: { outcome: 'failed', word: 'connection_lost' },
  EPIPE: { outcome: 'failed', word: 'connection_lost' },
  UND_ERR_SOCKET: { outcome: 'failed', word: 'connection_lost' },
  ETIMEDOUT: { outcome: 'failed', word: 'connect_timeout' },
  HTTPParserError: { outcome: 'failed', word: 'not_http' },
  UND_ERR_CONNECT_TIMEOUT: { outcome: 'failed', word: 'connect_timeout' },
  UND_ERR_HEADERS_TIMEOUT: { outcome: 'failed', word: 'no_answer' },
  UND_ERR_HEADERS_OVERFLOW: { outcome: 'failed', word: 'answer_headers_too_large' },
  HPE_HEADER_OVERFLOW: { outcome: 'failed', word: 'answer_headers_too_large' },
  TimeoutError: { outcome: 'failed', word: 'no_answer' },
  ERR_TLS_CERT_ALTNAME_INVALID: { outcome: 'failed', word: 'tls_wrong_name' },
  CERT_HAS_EXPIRED: { outcome: 'failed', word: 'tls_expired' },
  DEPTH_ZERO_SELF_SIGNED_CERT: { outcome: 'failed', word: 'tls_untrusted' },
  SELF_SIGNED_CERT_IN_CHAIN: { outcome: 'failed', word: 'tls_untrusted' },
  UNABLE_TO_GET_ISSUER_CERT: { outcome: 'failed', word: 'tls_untrusted' },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { outcome: 'failed', word: 'tls_untrusted' },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { outcome: 'failed', word: 'tls_untrusted' },
};

export function judgeError(error: unknown): AttemptVerdict {
  const { code, name } = error as { code?: string; name?: string };
  const known = BY_CODE[code ?? ''] ?? BY_CODE[name ?? ''];
  if (known !== undefined) return known;
  if (code?.startsWith('HPE_')) return { outcome: 'failed', word: 'not_http' };
  if (code?.startsWith('ERR_SSL') || code?.startsWith('ERR_TLS') || code === 'EPROTO')
    return { outcome: 'failed', word: 'tls_failed' };
  return { outcome: 'failed', word: 'network_error' };
}

/** Seconds, or a date; undefined when it is neither or already over. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
