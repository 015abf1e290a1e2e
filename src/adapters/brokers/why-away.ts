import { causesOf } from './error-causes.ts';

/** Codes of Node and OpenSSL for a chain that leads to no authority that we know, or no longer. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_HAS_EXPIRED',
]);

/** So much of it is shown. */
const MOST_CHARACTERS = 1_000;

/** Why a broker is not reached, for people: clients put the reason that helps below a message that does not. */
export function whyAway(error: unknown): string {
  return reasonOf(error).slice(0, MOST_CHARACTERS);
}

function reasonOf(error: unknown): string {
  const causes = causesOf(error);
  const [first] = causes;
  const message = first?.message ?? String(error);
  for (const { code = '', message: own } of causes) {
    if (UNTRUSTED.has(code))
      return `its certificate is not trusted (${own}): GARRISON_EVENT_BROKER_CA names the file of its authority`;
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another name: ${own}`;
    if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return `no TLS was agreed on with it (${own.trim()})`;
  }
  const reason = causes.find(({ code }) => code !== undefined && /^E[A-Z]+$/.test(code))?.message;
  return reason === undefined || message.includes(reason) ? message : `${message}: ${reason}`;
}
