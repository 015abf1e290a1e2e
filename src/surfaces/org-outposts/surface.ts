import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { OrgOutpostsDeps } from './deps.ts';
import { renderError } from './errors.ts';
import { examples } from './examples.ts';
import { heartbeatOperation } from './operations/heartbeat.ts';
import { outpostOperations } from './operations/outposts.ts';
import { pkiOperations } from './operations/pki.ts';
import { ErrorEnvelope } from './wire.ts';

const OPERATIONS = [...outpostOperations, heartbeatOperation, ...pkiOperations];

/** Org outposts (seed 000): registration, certificates, heartbeats and removal. */
export function orgOutpostsSurface(deps: OrgOutpostsDeps): Surface {
  return surfaceWith(
    {
      name: 'org-outposts',
      title: 'Garrison: org outposts',
      description:
        'Five operations cover the life of an outpost: it is registered and receives a client certificate, it reports in, its certificate is renewed, and it is deregistered and revoked.',
      version: '1.0.0',
      prefixes: ['/v1/orgs', '/pki'],
      tagDescriptions: {
        Outposts: 'Outposts of an organisation: registration, certificates, heartbeats.',
        PKI: 'Authorities and revocation lists.',
      },
      operations: OPERATIONS,
      securitySchemes,
      examples,
      authenticate,
      renderError,
      errorSchema: ErrorEnvelope,
    },
    deps,
  );
}
