import type { JSONWebKeySet } from 'jose';

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1_048_576;

/** The JWKS of an issuer, through its discovery document unless the address is known. */
export async function fetchKeys(issuer: string, jwksUrl: string | undefined): Promise<JSONWebKeySet> {
  const set = await fetchJson(jwksUrl ?? (await discoverJwksUrl(issuer)));
  if (!isKeySet(set)) throw new Error('what the issuer gives as its keys is no JWKS');
  return set;
}

/** OpenID Connect Discovery §4: the document must name the issuer it was asked of. */
async function discoverJwksUrl(issuer: string): Promise<string> {
  const document = await fetchJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { issuer: named, jwks_uri: url } = document as { issuer?: unknown; jwks_uri?: unknown }; // checked below
  if (named !== issuer) throw new Error(`the discovery document is of ${String(named)}, not of ${issuer}`);
  if (typeof url !== 'string') throw new Error('the discovery document has no jwks_uri');
  return url;
}

async function fetchJson(url: string): Promise<object> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${url} answers ${response.status}`);
  }
  const value: unknown = JSON.parse(await readBounded(response));
  if (typeof value !== 'object' || value === null) throw new Error(`${url} gives no JSON object`);
  return value;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('the answer of the issuer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isKeySet(value: object): value is JSONWebKeySet {
  return (
    'keys' in value && Array.isArray(value.keys) && value.keys.every((key) => typeof key === 'object' && key !== null)
  );
}
