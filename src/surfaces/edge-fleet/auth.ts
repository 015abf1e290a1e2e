import type { PrincipalKind } from '#surfaces/http/operation.ts';
import type { Authenticate } from '#surfaces/http/surface.ts';
import type { EdgeFleetDeps } from './deps.ts';

/** Holders of tokens of ours, people and service accounts of an issuer; the scope beside each operation decides. */
export const callers: readonly PrincipalKind[] = ['key', 'user', 'service', 'master'];

export const securitySchemes = {
  bearerAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'JWT of a configured OpenID Connect issuer, or a scoped token of this server. The scopes an operation needs stand beside it.',
  },
} as const;

export const authenticate: Authenticate<Pick<EdgeFleetDeps, 'signIn'>> = ({ signIn }, request) => signIn(request);
