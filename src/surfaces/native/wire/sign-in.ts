import Type from 'typebox';
import { Nullable } from './shapes.ts';

export const SignInIssuers = Type.Object(
  {
    issuers: Type.Array(
      Type.Object({
        issuer: Type.String({ description: 'URL of the issuer, as in the `iss` of its tokens.' }),
        client_id: Type.String({ description: 'Public client of the command line.' }),
        scope: Type.String({ description: 'Scopes to ask for.' }),
        resource: Nullable(Type.String({ description: 'RFC 8707: what the token is for.' })),
      }),
    ),
  },
  { title: 'SignInIssuers' },
);
