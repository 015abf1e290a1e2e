import { renderOrgError } from '#surfaces/http/org-errors.ts';
import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { ConsoleDeps } from './deps.ts';
import { examples } from './examples.ts';
import { feedOperations } from './operations/feed.ts';
import { linkOperations } from './operations/links.ts';
import { oidcOperations } from './operations/oidc.ts';
import { sessionOperations } from './operations/session.ts';
import * as wire from './wire.ts';

const OPERATIONS = [...sessionOperations, ...linkOperations, ...oidcOperations, ...feedOperations];

/** What the console needs beside the APIs: sessions of browsers. What they do, they do by the APIs. */
export function consoleSurface(deps: ConsoleDeps): Surface {
  return surfaceWith(
    {
      name: 'console',
      title: 'Garrison: console',
      description: 'Sessions of browsers. With the cookie of a session, pages of this origin call every API.',
      version: '1.0.0',
      prefixes: ['/console/api', '/console/feed'],
      tagDescriptions: { Sessions: 'Who is signed in, and how.', Feed: 'What pages are told of.' },
      schemas: wire,
      operations: OPERATIONS,
      securitySchemes,
      examples,
      authenticate,
      renderError: renderOrgError,
      errorSchema: wire.ErrorEnvelope,
    },
    deps,
  );
}
