import { Type } from 'typebox';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const instant = () => Type.String({ format: 'date-time' });

export const ErrorEnvelope = Type.Object(
  {
    error: Type.String({ description: 'Stable code.' }),
    message: Type.String({ description: 'For people.' }),
    detail: nullable(Type.String({ description: 'More context, where there is any.' })),
  },
  { title: 'ErrorEnvelope' },
);

/** A link, or a key: exactly one. */
export const SignInRequest = Type.Object(
  {
    link: Type.Optional(
      Type.String({ minLength: 1, maxLength: MAX_LENGTH.name, description: 'Secret of a link, which works once.' }),
    ),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_LENGTH.value, description: 'A key or a token.' })),
  },
  { title: 'SignInRequest', additionalProperties: false },
);

export const SignInWays = Type.Object(
  {
    oidc: Type.Array(Type.Object({ issuer: Type.String(), name: Type.String({ description: 'For people.' }) })),
  },
  { title: 'SignInWays' },
);

export const SignedOut = Type.Object(
  {
    signIn: SignInWays,
    refused: nullable(
      Type.Object(
        { code: Type.String(), message: Type.String(), requestId: Type.String() },
        { description: 'Why this browser was not let in when it came back from an issuer, within the last minute.' },
      ),
    ),
  },
  { title: 'SignedOut' },
);

export const Session = Type.Object(
  {
    principal: Type.Object({ name: Type.String(), kind: Type.String() }),
    tenant: nullable(Type.String()),
    scopes: Type.Array(Type.String(), { description: '`*`: all of them.' }),
    installation: Type.Object({ id: Type.String(), name: Type.String(), version: Type.String() }),
    expiresAt: instant(),
    signIn: SignInWays,
  },
  { title: 'Session' },
);

export const OpenSessions = Type.Object(
  {
    items: Type.Array(
      Type.Object({
        id: Type.String({ format: 'uuid' }),
        subject: Type.String({ description: 'Id of the key or of the person.' }),
        name: Type.String(),
        created_at: instant(),
        last_used_at: instant(),
        expires_at: instant(),
        is_own: Type.Boolean({ description: 'The session that asks.' }),
      }),
    ),
  },
  { title: 'OpenSessions' },
);

export const SessionPath = Type.Object({
  session_id: Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description: 'Id of a session.' }),
});

export const IssuerQuery = Type.Object({
  issuer: Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter, description: 'URL of the issuer.' }),
});

/** What the issuer says with the browser that it sends back (RFC 6749 §4.1.2). */
export const CallbackQuery = Type.Object({
  code: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
  state: Type.Optional(Type.String({ maxLength: MAX_LENGTH.name })),
  iss: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
  session_state: Type.Optional(Type.String({ maxLength: MAX_LENGTH.name })),
  error: Type.Optional(Type.String({ maxLength: MAX_LENGTH.name })),
  error_description: Type.Optional(Type.String({ maxLength: MAX_LENGTH.filter })),
});

export const LinkMade = Type.Object(
  {
    url: Type.String({ description: 'Opens the console, once; the secret is in its fragment.' }),
    expires_at: instant(),
  },
  { title: 'ConsoleLink' },
);

export const FeedQuery = Type.Object({
  topics: Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter, description: 'Topics, with commas between them.' }),
});
