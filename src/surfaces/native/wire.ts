import Type from 'typebox';
import { TENANT_BOUNDS } from '#core/tenants/quotas.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';

/** UTC, whole seconds: as the org-outposts contract, whose neighbour this surface is. */
export const Timestamp = Type.String({
  title: 'Timestamp',
  format: 'date-time',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$',
  description: 'UTC, whole seconds.',
});

const Uuid = Type.String({ format: 'uuid' });
const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const ErrorEnvelope = Type.Object(
  {
    error: Type.String({ description: 'Stable code.' }),
    message: Type.String({ description: 'For people.' }),
    detail: Nullable(Type.String({ description: 'More context, where there is any.' })),
  },
  { title: 'ErrorEnvelope' },
);

export const Page = {
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter, description: 'Opaque position from an earlier answer.' }),
  ),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'Page size.' }),
};
export const PageQuery = Type.Object(Page);

export function pageOf<T extends Type.TSchema>(item: T, title: string) {
  return Type.Object({ items: Type.Array(item), next_cursor: Nullable(Type.String()) }, { title });
}

// ---- organisations ----------------------------------------------------------------------------------------------

/** An id of another form is an unknown one, so it is no matter of the schema. */
const OrgId = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.pathId,
  description: 'Organisation UUID. An id of another form is an unknown one.',
});
const KeyIdText = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.pathId,
  description: 'Key UUID. An id of another form is an unknown one.',
});
export const OrgPath = Type.Object({ org_id: OrgId });
export const OrgKeyPath = Type.Object({ org_id: OrgId, key_id: KeyIdText });
export const KeyPath = Type.Object({ key_id: KeyIdText });

export const CreateOrganisationRequest = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 128 }) },
  { title: 'CreateOrganisationRequest' },
);

export const CreatedOrganisation = Type.Object(
  {
    id: Uuid,
    name: Type.String(),
    slug: Type.String({ description: 'Its name in tokens and headers.' }),
    created_at: Timestamp,
    api_key: Type.String({ pattern: '^arb_[0-9a-f]{64}$', description: 'Shown once; only its SHA-256 is kept.' }),
  },
  { title: 'CreatedOrganisation' },
);

export const Organisation = Type.Object(
  {
    id: Uuid,
    kind: Type.Enum(['system', 'org', 'personal', 'team']),
    name: Type.String(),
    slug: Type.String(),
    created_at: Timestamp,
  },
  { title: 'Organisation' },
);
const Bound = Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000_000_000_000 }), Type.Null()], {
  description: 'Null takes it back to what the installation has.',
});

export const SetQuotasRequest = Type.Partial(
  Type.Object(
    Object.fromEntries(TENANT_BOUNDS.map((kind) => [kind, Bound])) as Record<
      (typeof TENANT_BOUNDS)[number],
      typeof Bound
    >, // each of them
  ),
  { title: 'SetQuotasRequest', additionalProperties: false },
);

export const Quotas = Type.Object(
  { quotas: Type.Record(Type.String(), Type.Integer(), { description: 'What is set for this organisation alone.' }) },
  { title: 'Quotas' },
);

export const OrganisationPage = pageOf(Organisation, 'OrganisationPage');

// ---- keys -------------------------------------------------------------------------------------------------------

/** `master` and `metrics` keys are set in the configuration. */
const GRANTED_KINDS = ['api', 'arb', 'otp', 'scoped'] as const;

const bound = (most: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most, description }));

/** Without defaults, which a schema cannot have where null may stand instead; `readApprovalPolicy` has them. */
export const ApprovalPolicy = Type.Object(
  {
    when: Type.Enum(['never', 'destructive', 'always'], {
      description: '`destructive`: everything but tools that only look.',
    }),
    over_targets: Type.Optional(
      Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'On more machines than this too.' })),
    ),
    approver: Type.Optional(
      Type.Enum(['self', 'other'], {
        description:
          '`other`: a person other than the one who asked, whichever of their tokens is used. Without it: `self`.',
      }),
    ),
    reason_required: Type.Optional(Type.Boolean({ description: 'Whoever decides has to say why.' })),
    expires_seconds: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 604_800, description: 'Nobody decides later. Without it: 3,600.' }),
    ),
  },
  { title: 'ApprovalPolicy', additionalProperties: false },
);

export const Budget = Type.Object(
  {
    targets_per_run: bound(1_000_000, 'Machines of one run.'),
    runs_per_hour: bound(1_000_000, 'Runs, commands, updates and dispatches it may start.'),
    calls_per_minute: bound(1_000_000, 'Calls of the API, at each controller.'),
  },
  { title: 'Budget', additionalProperties: false },
);

export const SetApprovalPolicyRequest = Type.Object(
  { approval: Nullable(ApprovalPolicy) },
  { title: 'SetApprovalPolicyRequest', additionalProperties: false },
);

export const TenantApprovalPolicy = Type.Object(
  { approval: Nullable(ApprovalPolicy) },
  { title: 'TenantApprovalPolicy' },
);

const KeyFields = {
  name: Type.String({ minLength: 1, maxLength: 128, default: 'key' }),
  scopes: Type.Array(Type.String({ maxLength: MAX_LENGTH.name }), {
    default: [],
    maxItems: 64,
    description: 'Of `otp` and `scoped` keys.',
  }),
  expires_at: Type.Optional(Nullable(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant }))),
  approval: Type.Optional(ApprovalPolicy),
  budget: Type.Optional(Budget),
};

/** For an org: an `arb_` key, when nothing else is asked for. */
export const CreateOrganisationKeyRequest = Type.Object(
  { kind: Type.Enum([...GRANTED_KINDS], { default: 'arb' }), ...KeyFields },
  { title: 'CreateOrganisationKeyRequest' },
);
/** For one's own tenant: a token with scopes, when nothing else is asked for. */
export const CreateKeyRequest = Type.Object(
  { kind: Type.Enum([...GRANTED_KINDS], { default: 'scoped' }), ...KeyFields },
  { title: 'CreateKeyRequest' },
);

const KeyDescription = {
  id: Uuid,
  org_id: Nullable(Uuid),
  kind: Type.Enum(['master', 'metrics', ...GRANTED_KINDS]),
  name: Type.String(),
  hint: Type.String({ description: 'Its last four characters.' }),
  scopes: Type.Array(Type.String()),
  created_at: Timestamp,
  expires_at: Nullable(Timestamp),
  approval: Nullable(ApprovalPolicy),
  budget: Nullable(Budget),
};

export const CreatedKey = Type.Object(
  {
    ...KeyDescription,
    api_key: Type.String({ pattern: '^[a-z]+_[0-9a-f]{64}$', description: 'Shown once; only its SHA-256 is kept.' }),
  },
  { title: 'CreatedKey' },
);
export const Key = Type.Object(
  { ...KeyDescription, revoked_at: Nullable(Timestamp), last_used_at: Nullable(Timestamp) },
  { title: 'Key' },
);
export const KeyPage = pageOf(Key, 'KeyPage');

// ---- who am I, what was done ------------------------------------------------------------------------------------

export const Me = Type.Object(
  {
    subject: Type.String(),
    kind: Type.String(),
    org_id: Uuid,
    is_master: Type.Boolean(),
    scopes: Type.Union([Type.Literal('all'), Type.Array(Type.String())]),
  },
  { title: 'Me' },
);

export const ScopeList = Type.Object(
  { items: Type.Array(Type.Object({ name: Type.String(), opens: Type.String() })) },
  { title: 'ScopeList' },
);

export const AuditQuery = Type.Object({
  subject: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'Who: key id, token subject.' })),
  action: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'What: `host.revoke`.' })),
  object: Type.Optional(Type.String({ maxLength: MAX_LENGTH.value, description: 'To what.' })),
  ...Page,
});

export const AuditRow = Type.Object(
  {
    id: Uuid,
    position: Type.Integer({ minimum: 1, description: 'In the chain of the tenant, without gaps.' }),
    at: Type.String({ format: 'date-time' }),
    subject: Type.String(),
    action: Type.String(),
    object: Nullable(Type.String()),
    address: Nullable(Type.String()),
    outcome: Type.String({ description: '`ok`, or the code of the refusal.' }),
    request_id: Type.String(),
    facts: Type.Record(Type.String(), Type.Unknown()),
    kind: Type.Enum(['keyed', 'unkeyed'], {
      description: 'How the hash was made: HMAC-SHA-256 with a key of the tenant, or SHA-256 in rows from before.',
    }),
    hash: Type.String({ description: 'Over the hash of the row before and every field of this one, hex.' }),
  },
  { title: 'AuditRow' },
);

const AuditHead = Type.Object(
  {
    position: Type.Integer({ minimum: 0 }),
    hash: Type.String({ description: 'Hex. 64 zeros at position 0.' }),
  },
  {
    title: 'AuditHead',
    description: 'Where the log ends. Kept elsewhere, it shows later whether the log was touched.',
  },
);

export const AuditPage = Type.Object(
  { items: Type.Array(AuditRow), next_cursor: Nullable(Type.String()), head: AuditHead },
  { title: 'AuditPage' },
);

export const AuditExportQuery = Type.Object({
  after: Type.Integer({ minimum: 0, maximum: 1e15, default: 0, description: 'Position behind which to begin.' }),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 1_000 }),
});

export const AuditExport = Type.Object(
  {
    tenant_id: Uuid,
    after: AuditHead,
    items: Type.Array(AuditRow, { description: 'In the order of the chain.' }),
    head: AuditHead,
  },
  { title: 'AuditExport' },
);

export const AuditVerificationQuery = Type.Object({
  since: Type.Optional(
    Type.String({
      maxLength: 80,
      pattern: pattern('^[0-9]{1,15}:[0-9a-fA-F]{64}$', 'a position, a colon and 64 hex digits'),
      description: 'POSITION:HASH of a head that was kept: the log must still hold it. Default: from the beginning.',
    }),
  ),
});

export const AuditVerification = Type.Object(
  {
    is_intact: Type.Boolean(),
    rows: Type.Integer({ minimum: 0, description: 'Rows whose hashes hold.' }),
    unkeyed_rows: Type.Integer({
      minimum: 0,
      description:
        'Of these, rows of the time before keys: what was changed in them before they were sealed is not found.',
    }),
    broken_at: Nullable(Type.Integer({ description: 'First position that was changed, removed or put in.' })),
    reason: Nullable(
      Type.Enum(['changed', 'removed', 'unkeyed', 'replaced', 'cut'], {
        description:
          '`changed`: not what was written; `removed`: not there; `unkeyed`: without the hash of a key where it must have one; ' +
          '`replaced`: not the row of the head in `since`; `cut`: the log ends before that head.',
      }),
    ),
    head: AuditHead,
  },
  { title: 'AuditVerification' },
);

// ---- nodes at the door -----------------------------------------------------------------------------------------

export const WaitingNode = Type.Object(
  {
    node_id: Uuid,
    hostname: Type.String({ description: 'As the machine says; empty when it has said nothing.' }),
    address: Type.String(),
    certificate_ends_at: Timestamp,
    first_seen_at: Timestamp,
    last_seen_at: Timestamp,
  },
  { title: 'WaitingNode' },
);
export const WaitingNodePage = pageOf(WaitingNode, 'WaitingNodePage');

export const Admission = Type.Object(
  { node_id: Type.String({ format: 'uuid', maxLength: 36 }) },
  { title: 'Admission' },
);

// ---- certificates -----------------------------------------------------------------------------------------------

export const CertificateQuery = Type.Object({
  ...Page,
  node_id: Type.Optional(
    Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid, description: 'Of this node only.' }),
  ),
  ends_within_days: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 36_500, description: 'Those that end so soon.' }),
  ),
  with_old: Type.Boolean({ default: false, description: 'Revoked and ended ones too.' }),
});

export const Certificate = Type.Object(
  {
    serial: Type.String({ description: 'Upper-case hex.' }),
    org_id: Uuid,
    node_id: Nullable(Uuid),
    authority_id: Uuid,
    purpose: Type.Enum(['node', 'outpost', 'controller']),
    subject: Type.String(),
    fingerprint: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the certificate.' }),
    not_before: Timestamp,
    not_after: Timestamp,
    revoked_at: Nullable(Timestamp),
    revocation_reason: Nullable(Type.String()),
    created_at: Timestamp,
  },
  { title: 'Certificate' },
);
export const CertificatePage = pageOf(Certificate, 'CertificatePage');

export const Authority = Type.Object(
  {
    id: Uuid,
    kind: Type.Enum(['root', 'intermediate']),
    not_before: Timestamp,
    not_after: Timestamp,
    is_issuing: Type.Boolean({ description: 'Whether it is the one that signs now.' }),
    certificate: Type.String({ description: 'PEM.' }),
  },
  { title: 'Authority' },
);
export const AuthorityPage = pageOf(Authority, 'AuthorityPage');
// ---- secrets ----------------------------------------------------------------------------------------------------

const SecretKindName = Type.Enum(['value', 'model', 'git'], {
  description:
    '`value`: for runs that name it. `model`: the key of the provider of an agent, by the name of the agent. `git`: `user:password` for a git host, by the name of the host.',
});

export const SecretPath = Type.Object({
  kind: SecretKindName,
  name: Type.String({ minLength: 1, maxLength: 128 }),
});

export const SetSecretRequest = Type.Object(
  { value: Type.String({ minLength: 1, maxLength: 32_768, description: 'Kept sealed and never shown again.' }) },
  { title: 'SetSecretRequest' },
);

export const TenantSecret = Type.Object(
  { kind: SecretKindName, name: Type.String(), created_at: Timestamp, updated_at: Timestamp },
  { title: 'TenantSecret' },
);
export const TenantSecretList = Type.Object({ items: Type.Array(TenantSecret) }, { title: 'TenantSecretList' });
// ---- releases ----------------------------------------------------------------------------------------------------

export const ReleasePath = Type.Object({ release_id: Type.String({ maxLength: MAX_LENGTH.uuid }) });

export const AnnounceRelease = Type.Object(
  {
    signature: Type.String({
      minLength: 1,
      maxLength: 16_384,
      description: 'The .minisig file of the bundle: it says what the release is.',
    }),
  },
  { title: 'AnnounceRelease' },
);

export const Release = Type.Object(
  {
    id: Uuid,
    kind: Type.Union([Type.Literal('node'), Type.Literal('full')], { description: 'For nodes, or with the database.' }),
    version: Type.String(),
    platform: Type.String({ description: 'As Node calls it: linux-x64.' }),
    counter: Type.Integer({ description: 'Only rises: no node goes below its own.' }),
    protocols: Type.Array(Type.Integer(), { description: 'Versions of the node protocol that it speaks.' }),
    size_bytes: Type.Integer(),
    sha256: Type.String(),
    signature: Type.String({ description: 'The .minisig file.' }),
    published_by: Type.String({ description: 'Name of the key.' }),
    announced_at: Timestamp,
    published_at: Nullable(Timestamp),
    withdrawn_at: Nullable(Timestamp),
  },
  { title: 'Release' },
);
export const ReleasePage = pageOf(Release, 'ReleasePage');

export const SetReleaseKey = Type.Object(
  {
    public_key: Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.value,
      description: 'The .pub file of minisign, or its second line.',
    }),
  },
  { title: 'SetReleaseKey' },
);

export const ReleaseKey = Type.Object(
  {
    public_key: Type.String(),
    set_at: Timestamp,
    set_by: Type.String({ description: 'Name of the key that set it.' }),
  },
  { title: 'ReleaseKey' },
);

// ---- sign-in ------------------------------------------------------------------------------------------------------

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

// ---- overview and settings --------------------------------------------------------------------------------------

const Count = Type.Integer({ minimum: 0 });
const CountsByName = Type.Array(Type.Object({ name: Type.String(), count: Count }), {
  description:
    'Of those that are not revoked, the most frequent first, 20 at most. An empty name: the node never said.',
});

export const Overview = Type.Object(
  {
    nodes: Type.Object({
      total: Count,
      by_status: Type.Object({ Connected: Count, Unhealthy: Count, Disconnected: Count, Revoked: Count }),
      by_version: CountsByName,
      by_os: CountsByName,
    }),
    runs: Type.Union([Type.Object({ running: Count, failed_today: Count }), Type.Null()], {
      description: 'Null without the scope `garrison.fleet.read`. Failed: with a failure, started within 24 hours.',
    }),
    dispatches: Type.Union([Type.Object({ waiting: Count, running: Count }), Type.Null()], {
      description: 'Null without the scope `status`.',
    }),
    needs: Type.Object({
      waiting_nodes: Count,
      ending_certificates: Type.Integer({ minimum: 0, description: 'They end within 14 days and have no successor.' }),
      approvals: Type.Union([Count, Type.Null()], {
        description: 'They wait for a decision. Null without `garrison.fleet.read` or `garrison.approvals.decide`.',
      }),
      failing_webhooks: Type.Union([Count, Type.Null()], { description: 'Null without the scope `edge-admin.read`.' }),
    }),
  },
  { title: 'Overview' },
);

export const SettingInForce = Type.Object(
  {
    name: Type.String({ description: 'As in `garrison.yaml`.' }),
    section: Type.String(),
    description: Type.String(),
    value: Nullable(Type.String({ description: 'Null for a secret, and where there is none.' })),
    is_secret: Type.Boolean(),
    is_set: Type.Boolean(),
    when_unset: Nullable(Type.String({ description: 'What happens without a value.' })),
    source: Type.Enum(['flag', 'environment', 'file', 'default']),
    from: Nullable(Type.String({ description: 'Flag, variable, or line and file; null for a default.' })),
  },
  { title: 'SettingInForce' },
);
export const SettingList = Type.Object({ items: Type.Array(SettingInForce) }, { title: 'SettingList' });
