import { createHash } from 'node:crypto';
import type { HolderKind, KeyHolder } from '#core/access/key.ts';
import type { CertificateIdentity } from '#core/certificates/client-certificates.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { parseId } from '#core/kernel/ids.ts';
import { isRegistered } from '#core/outposts/register-outpost.ts';
import type { PrincipalKind } from '#surfaces/http/operation.ts';
import { type HttpRequest, header } from '#surfaces/http/request.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { OrgOutpostsDeps } from './deps.ts';
import { readForwardedCertificate } from './forwarded-certificate.ts';

/** Keys of an organisation, and the master key. */
export const callers: readonly PrincipalKind[] = ['key', 'master'];
/** The outpost itself too. */
export const callersAndOutposts: readonly PrincipalKind[] = ['key', 'master', 'node'];

export const securitySchemes = {
  adminApiKey: {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'Admin API key, `arb_` and 64 hex characters, bound to one organisation; the master key opens all.',
  },
  clientCertificate: {
    type: 'mutualTLS',
    description: 'The outpost presents its client certificate on the TLS listener. Heartbeats only.',
  },
  forwardedClientCertificate: {
    type: 'apiKey',
    in: 'header',
    name: 'X-SSL-Client-Cert',
    description: 'Client certificate that a configured proxy has verified and passed on. Heartbeats only.',
  },
} as const;

const KEY_KINDS: readonly HolderKind[] = ['arb', 'master'];

/** A session of a browser that may do everything in its tenant: keys of this contract are not divided by scopes. */
function isUndividedSession({ kind, principal }: KeyHolder): boolean {
  return kind === 'session' && principal.scopes === 'all';
}

type KeyDeps = Pick<OrgOutpostsDeps, 'keyRing'>;
type CertificateDeps = Pick<OrgOutpostsDeps, 'clientCertificates' | 'db'>;

/** By key; where the outpost itself may call, by its certificate too. */
export const authenticate: Authenticate<KeyDeps & CertificateDeps> = (deps, request, { principals }) =>
  principals.includes('node') ? authenticateOutpostOrKey(deps, request) : authenticateKey(deps, request);

/** @throws FleetError `unauthenticated`. */
async function authenticateKey({ keyRing }: KeyDeps, request: HttpRequest): Promise<Principal> {
  const presented = header(request, 'x-api-key');
  const holder = presented === undefined ? undefined : await keyRing.authenticateKey(presented);
  if (holder !== undefined && (KEY_KINDS.includes(holder.kind) || isUndividedSession(holder))) return holder.principal;
  throw new FleetError('unauthenticated', 'Send a good key of the organisation as X-API-Key.');
}

/** By certificate where there is one, else by key: a certificate that is not good does not fall back to the key. */
async function authenticateOutpostOrKey(deps: KeyDeps & CertificateDeps, request: HttpRequest): Promise<Principal> {
  const certificate = presentedCertificate(request);
  return certificate === 'none' ? authenticateKey(deps, request) : authenticateOutpost(deps, request, certificate);
}

/** DER; `unreadable` when a proxy we trust has sent something else. */
function presentedCertificate(request: HttpRequest): Buffer | 'none' | 'unreadable' {
  const forwarded = request.isFromTrustedProxy ? header(request, 'x-ssl-client-cert') : undefined;
  if (forwarded) return readForwardedCertificate(forwarded) ?? 'unreadable';
  return request.clientCertificate()?.der ?? 'none';
}

/**
 * The outpost of the path, by a certificate that we issued to it. Whether the chain ends at us is not asked again: an
 * equal SHA-256 says more. That the caller holds the key the handshake has proven. A revoked certificate passes where the
 * outpost is not registered any more: the contract answers that with 409, which is for the use case to say.
 */
async function authenticateOutpost(
  { clientCertificates, db }: CertificateDeps,
  request: HttpRequest,
  certificate: Buffer | 'unreadable',
): Promise<Principal> {
  const identity =
    certificate === 'unreadable'
      ? undefined
      : await clientCertificates.identify(createHash('sha256').update(certificate).digest());
  if (!identity) throw refused('is not one of this controller');
  if (!isOutpostOfPath(identity, request)) throw refused('belongs to another outpost');
  if (identity.objection === 'ended') throw refused('has ended; renew it');
  const { nodeId, tenantId } = identity;
  const isRevoked = identity.objection === 'revoked' && (await isRegistered(db, { id: nodeId, tenantId }));
  if (isRevoked) throw refused('is revoked');
  return { kind: 'node', subject: nodeId, name: nodeId, tenantId, scopes: new Set(), isMaster: false };
}

function isOutpostOfPath({ tenantId, nodeId }: CertificateIdentity, { params }: HttpRequest): boolean {
  return parseId(params.org_id ?? '') === tenantId && parseId(params.outpost_id ?? '') === nodeId;
}

function refused(why: string): FleetError {
  return new FleetError('unauthenticated', `The client certificate ${why}.`);
}
