import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { yaml } from '#settings/kinds.ts';

const claimName = Type.String({ minLength: 1 });

/** An issuer of JWTs we accept. Claims are named by their path: `realm_access.roles`. */
const IssuerEntry = Type.Object(
  {
    /** Exactly as in the token's `iss`. */
    issuer: Type.String({ pattern: '^https?://' }),
    /** At least one of them must be in the token's `aud`. */
    audiences: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
    /** Default: found through the issuer's discovery document. */
    jwksUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
    /** Default `realm_access.roles`, as Keycloak writes it. */
    rolesClaim: Type.Optional(claimName),
    /** Role → scopes. A role that is not here gives nothing. */
    scopesByRole: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
    /** Tenant of a user. Default: the personal tenant of the subject. */
    tenantClaim: Type.Optional(claimName),
    /** Teams a user may act for. Default `teams`. */
    teamsClaim: Type.Optional(claimName),
    /** Tenants its claims may name: names, or beginnings that end in `*`. Default: any but the reserved ones. */
    tenants: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9][a-z0-9-]*\\*?$|^\\*$', maxLength: 64 }), { maxItems: 10_000 }),
    ),
    /** Longest life of a token, and its greatest age. Default a day. */
    maxTokenLifetimeSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 604_800 })),
    /** Client of `garrison login` and of the console. Default: nobody signs in there by them. */
    clientId: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    /** The secret of a client that is not public. Default: the client is public. */
    clientSecret: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    /** Scopes that `garrison login` asks for. Default `openid offline_access`. */
    scope: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    /** What the token is for (RFC 8707), where the issuer wants to be told. */
    resource: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    /** Client id of a service account → tenants it may act for with `X-Tenant-Id`. */
    delegations: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  },
  { additionalProperties: false },
);

export type IssuerEntry = Static<typeof IssuerEntry>;

const schema = Compile(Type.Array(IssuerEntry));

export const oidcIssuers = yaml<readonly IssuerEntry[]>({
  name: 'list of issuers',
  shape: 'a list of objects, each with issuer (URL) and audiences (list of texts)',
  parse: (raw) => (schema.Check(raw) ? raw : undefined),
  explain: (raw) => {
    const [problem] = schema.Errors(raw);
    return problem && `${problem.instancePath || 'the list'} ${problem.message}`;
  },
});
