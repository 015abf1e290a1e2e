import { withDeps } from '#surfaces/http/operation.ts';
import type { Surface } from '#surfaces/http/surface.ts';
import { authenticateHeartbeat, authenticateKey, securitySchemes } from './auth.ts';
import type { OrgOutpostsDeps } from './deps.ts';
import { renderError } from './errors.ts';
import { HEARTBEAT, heartbeatOperation } from './operations/heartbeat.ts';
import { outpostOperations } from './operations/outposts.ts';
import { pkiOperations } from './operations/pki.ts';
import { ErrorEnvelope } from './wire.ts';

/** Org outposts (seed 000): registration, certificates, heartbeats and removal. */
export function orgOutpostsSurface(deps: OrgOutpostsDeps): Surface {
  return {
    name: 'org-outposts',
    title: 'Garrison: org outposts',
    description:
      'Five operations cover the life of an outpost: it is registered and receives a client certificate, it reports in, its certificate is renewed, and it is deregistered and revoked.',
    version: '1.0.0',
    prefixes: ['/v1/orgs', '/pki'],
    operations: withDeps([...outpostOperations, heartbeatOperation, ...pkiOperations], deps),
    securitySchemes,
    authenticate: (request, { operationId }) =>
      operationId === HEARTBEAT ? authenticateHeartbeat(deps, request) : authenticateKey(deps, request),
    renderError,
    errorSchema: ErrorEnvelope,
  };
}
