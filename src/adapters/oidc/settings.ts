import type { Settings } from '#settings/read-settings.ts';
import { oidcIssuers } from './issuers-setting.ts';

/** Whose tokens are accepted. */
export const oidcSettings = {
  oidcIssuers: {
    section: 'Sign-in',
    kind: oidcIssuers,
    env: [],
    default: [],
    defaultText: 'none: only keys and tokens of our own',
    description:
      'Whose JWTs are accepted. A list; each with `issuer`, `audiences`, and optionally `jwksUrl`, `rolesClaim`, ' +
      '`scopesByRole`, `tenantClaim`, `teamsClaim`, `tenants` (those its claims may name; `team-*` for all that begin so), ' +
      '`maxTokenLifetimeSeconds` (a day), `delegations` (client id → tenants). With several issuers each needs `tenants`.',
  },
} as const satisfies Settings;
