import { defineOperation } from '../deps.ts';
import { SignInIssuers } from '../wire/sign-in.ts';

export const signInOperations = [
  defineOperation({
    method: 'GET',
    path: '/v1/sign-in',
    operationId: 'listSignInIssuers',
    summary: 'Where people sign in from a command line',
    description: 'OpenID Connect issuers with a public client. Their access tokens open the edge fleet.',
    tags: ['Keys'],
    isExtension: true,
    principals: ['public'],
    responses: {
      200: { description: 'The issuers; none where the operator has named no client.', schema: SignInIssuers },
    },
    errors: [],
    async handler(_ctx, { signIn }) {
      const issuers = signIn.map(({ issuer, clientId, scope, resource = null }) => ({
        issuer,
        client_id: clientId,
        scope,
        resource,
      }));
      return { status: 200, body: { issuers } };
    },
  }),
];
