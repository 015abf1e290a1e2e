import type { SessionStanding } from '#core/console/console-session.ts';
import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { hashCredential } from '#core/kernel/secret.ts';
import { bearerCredential, type HttpRequest, header } from '#surfaces/http/request.ts';
import { callers } from '../auth.ts';
import { type ConsoleDeps, defineOperation } from '../deps.ts';
import { LinkMade } from '../wire.ts';

export const linkOperations = [
  defineOperation({
    method: 'POST',
    path: '/console/api/links',
    operationId: 'createConsoleLink',
    summary: 'A link that signs a browser in, once',
    description:
      'For whoever has a key: the link works once and for a minute, and the session has the rights of the key. The secret is in the fragment, which browsers send to nobody.',
    tags: ['Sessions'],
    isExtension: true,
    principals: callers,
    auditAction: 'console.link',
    isIdempotent: true,
    hasSecretAnswer: true,
    responses: { 201: { description: 'The link; shown here only.', schema: LinkMade } },
    errors: ['forbidden'],
    async handler(ctx, deps, { request }) {
      const { secret, expiresAt } = await deps.sessions.makeLink(
        ctx.principal,
        standingOf(ctx.principal, deps, request),
      );
      const url = `${deps.publicUrl()}/console/#link=${secret.reveal()}`;
      return { status: 201, body: { url, expires_at: expiresAt.toISOString() } };
    },
  }),
];

function standingOf({ kind, scopes }: Principal, { sessions }: ConsoleDeps, request: HttpRequest): SessionStanding {
  if (kind === 'user' || kind === 'service') {
    return { kind: 'person', person: { kind, scopes: scopes === 'all' ? [] : [...scopes] } };
  }
  const presented = header(request, 'x-api-key') ?? bearerCredential(request);
  if (presented === undefined || sessions.isSecret(presented))
    throw new FleetError('forbidden', 'a link is made by a key');
  return { kind: 'key', hash: hashCredential(presented) };
}
