/**
 * What goes over the wire (seed 003), read and written through these schemas only. Every request object is closed:
 * an unknown field is refused. Answers are described for the documents; `mapping.ts` makes them.
 */
import { type Static, type TSchema, Type } from 'typebox';
import { MAX_TAG_LENGTH, MAX_TAGS, TAG_PATTERN } from '#core/nodes/tags.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';

const closed = { additionalProperties: false } as const;
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const UUID_OF_ANY_CASE = UUID.replaceAll('a-f', 'a-fA-F');

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const dateTime = (description?: string) =>
  Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant, ...(description && { description }) });
/** What hosts and people have written: compared, and nothing else. */
const value = Type.String({ maxLength: MAX_LENGTH.value });
const mapOf = <Value extends TSchema>(values: Value, options: object = {}) =>
  Type.Unsafe<Record<string, Static<Value>>>({ type: 'object', additionalProperties: values, ...options });
const pair = <First extends TSchema, Second extends TSchema>(first: First, second: Second) =>
  Type.Unsafe<[Static<First>, Static<Second>]>({
    type: 'array',
    prefixItems: [first, second],
    minItems: 2,
    maxItems: 2,
  });

/** See `TAG_PATTERN`. */
const TAG_WORDS = 'of lower-case letters, digits and . _ : / -, with a letter or digit first';

// ---- ids --------------------------------------------------------------------------------------------------------

const idOf = (prefix: string, description: string) =>
  Type.String({ pattern: `^${prefix}-${UUID}$`, maxLength: MAX_LENGTH.uuid + prefix.length + 1, description });
const idInput = (prefix: string, description: string) =>
  Type.String({
    pattern: pattern(`^(${prefix}-)?${UUID_OF_ANY_CASE}$`, `a UUID, with ${prefix}- before it or without`),
    maxLength: MAX_LENGTH.uuid + prefix.length + 1,
    description: `${description}; the bare UUID is read too.`,
  });

export const NodeId = idOf('n', 'A host.');
export const GroupId = idOf('g', 'A group.');
export const FleetCommandId = idOf('f', 'A run.');
export const CommandId = idOf('c', 'One command of a run on one host.');
const NodeIdInput = idInput('n', 'A host');
const GroupIdInput = idInput('g', 'A group');

/** An id in a path: one of another form is simply unknown, so only the text is checked here. */
const pathId = (description: string) => Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description });
export const HostPath = Type.Object({ id: pathId('`n-` and a UUID; the bare UUID is read too.') });
export const GroupPath = Type.Object({ id: pathId('`g-` and a UUID; the bare UUID is read too.') });
export const RunPath = Type.Object({ fleet_command_id: pathId('`f-` and a UUID; the bare UUID is read too.') });
export const TokenPath = Type.Object({ token_id: pathId('Id of the record (the `jti` of the token).') });

// ---- pages ------------------------------------------------------------------------------------------------------

export const DEFAULT_LIMIT = 50;

const pageParameters = {
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.filter,
      description: 'Opaque position from an earlier answer; another value is refused.',
    }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT, description: 'Page size.' })),
};

const pageOf = (items: TSchema) =>
  Type.Object({ items: Type.Array(items, { maxItems: 200 }), next_cursor: nullable(Type.String()) });

export const PageQuery = Type.Object(pageParameters);

// ---- enrolment --------------------------------------------------------------------------------------------------

export const MAX_TOKEN_SECONDS = 900;

export const EnrollmentTokenRequest = Type.Object(
  {
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: 'Display name of the host to come.' }),
    ),
    ttl_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_TOKEN_SECONDS, default: MAX_TOKEN_SECONDS })),
    team_tenant_id: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_LENGTH.name,
        description: 'Team to enrol for; the caller administers it. Without it, the caller’s own tenant.',
      }),
    ),
  },
  closed,
);

export const EnrollmentToken = Type.Object({
  token: Type.String({ description: 'JWT (EdDSA), single use.' }),
  expires_at: dateTime(),
  controller_endpoint: Type.String({ description: '`host:port` for the daemon to dial.' }),
  qr_payload: Type.String({ description: '`aegis-edge-enroll://` and the token.' }),
});

export const EnrollmentTokenRecord = Type.Object({
  id: Type.String(),
  name: nullable(Type.String()),
  tenant_id: Type.String(),
  issued_at: dateTime(),
  expires_at: dateTime(),
  redeemed_at: nullable(dateTime()),
  withdrawn_at: nullable(dateTime()),
});

export const EnrollmentTokenPage = pageOf(EnrollmentTokenRecord);

// ---- hosts ------------------------------------------------------------------------------------------------------

const Tag = Type.String({ pattern: pattern(TAG_PATTERN, TAG_WORDS), maxLength: MAX_TAG_LENGTH });
const TagList = Type.Array(Tag, { maxItems: MAX_TAGS });

export const HostStatus = Type.Union(
  [Type.Literal('Connected'), Type.Literal('Unhealthy'), Type.Literal('Disconnected'), Type.Literal('Revoked')],
  {
    description:
      'The first that applies: Revoked; Connected (stream open, heartbeat at most 90 s old); Unhealthy (stream open, heartbeat older); Disconnected.',
  },
);

export const HostListQuery = Type.Object({
  tag: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: MAX_LENGTH.value }), {
      maxItems: MAX_ITEMS.parts,
      description: 'Hosts that carry the tag; given several times, all of them.',
    }),
  ),
  label: Type.Optional(
    Type.Array(Type.String({ pattern: pattern('^[^=]+=', 'key=value'), maxLength: MAX_LENGTH.filter }), {
      maxItems: MAX_ITEMS.parts,
      description: 'Hosts with the label, as key=value; given several times, all of them.',
    }),
  ),
  connected: Type.Optional(Type.Boolean({ description: 'True: Connected hosts only. False: the others only.' })),
  ...pageParameters,
});

const hostFields = {
  node_id: NodeId,
  name: Type.String(),
  tenant_id: Type.String(),
  status: HostStatus,
  since: dateTime('When the status last changed.'),
  last_heartbeat_at: nullable(dateTime()),
  tags: TagList,
  capabilities: Type.Object({
    os: nullable(Type.String()),
    arch: nullable(Type.String()),
    local_tools: Type.Array(Type.String()),
    labels: mapOf(Type.String()),
    mount_points: Type.Array(Type.String(), { description: 'An addition.' }),
    invocable_tools: Type.Array(Type.String(), { description: 'An addition: what may be invoked there.' }),
    version: nullable(Type.String({ description: 'An addition: of the daemon.' })),
  }),
};

export const Host = Type.Object(hostFields);
export const HostPage = pageOf(Host);

const NodeOutcome = Type.Union([
  Type.Literal('ok'),
  Type.Literal('err'),
  Type.Literal('timed_out'),
  Type.Literal('cancelled'),
  Type.Literal('not_started'),
  Type.Literal('running'),
]);

const milliseconds = nullable(Type.Integer({ minimum: 0 }));

const RecentCommand = Type.Object({
  command_id: CommandId,
  tool: Type.String(),
  dispatched_at: dateTime(),
  outcome: NodeOutcome,
  duration_ms: milliseconds,
});

export const HostDetail = Type.Object({
  ...hostFields,
  enrolled_at: dateTime(),
  recent_commands: Type.Array(RecentCommand),
});

const Name = Type.String({ minLength: 1, maxLength: 255, pattern: pattern('\\S', 'more than blanks') });

export const HostUpdate = Type.Object({ name: Type.Optional(Name), tags: Type.Optional(TagList) }, closed);

export const TagChange = Type.Object({ add: Type.Optional(TagList), remove: Type.Optional(TagList) }, closed);

// ---- selectors --------------------------------------------------------------------------------------------------

/** More would be a list of hosts, not a condition on them. */
export const MAX_CONDITIONS = 100;
/** In one list; and in all lists of a selector together ten times as many. */
const MAX_VALUES = 1_000;
export const MAX_VALUES_IN_ALL = 10_000;

const texts = Type.Array(value, { maxItems: MAX_VALUES });
const keys = { minProperties: 1, maxProperties: MAX_CONDITIONS, propertyNames: { maxLength: MAX_LENGTH.value } };

export const TagMatcher = Type.Union([
  Type.Object({ Has: value }, closed),
  Type.Object({ AnyOf: texts }, closed),
  Type.Object({ AllOf: texts }, closed),
  Type.Object({ NoneOf: texts }, closed),
]);

export const LabelMatcher = Type.Union([
  Type.Object({ Equals: Type.Union([mapOf(value, keys), pair(value, value)]) }, closed),
  Type.Object({ Exists: value }, closed),
  Type.Object({ In: Type.Union([mapOf(texts, keys), pair(value, texts)]) }, closed),
]);

export const Selector = Type.Object(
  {
    os: Type.Optional(value),
    arch: Type.Optional(value),
    tools: Type.Optional(texts),
    tags: Type.Optional(Type.Array(TagMatcher, { maxItems: MAX_CONDITIONS })),
    labels: Type.Optional(Type.Array(LabelMatcher, { maxItems: MAX_CONDITIONS })),
  },
  { ...closed, description: 'All fields and all entries must hold. An empty selector matches every host.' },
);

// ---- groups -----------------------------------------------------------------------------------------------------

const PinnedMembers = Type.Array(NodeIdInput, { maxItems: 10_000 });

export const GroupCreate = Type.Object(
  { name: Name, selector: Selector, pinned_members: Type.Optional(PinnedMembers) },
  closed,
);

export const GroupUpdate = Type.Object(
  { name: Type.Optional(Name), selector: Type.Optional(Selector), pinned_members: Type.Optional(PinnedMembers) },
  closed,
);

const groupFields = {
  id: GroupId,
  name: Type.String(),
  selector: Selector,
  pinned_members: Type.Array(NodeId),
  resolved_member_count: Type.Integer({ minimum: 0, description: 'Every member, connected or not.' }),
  created_at: dateTime(),
};

export const Group = Type.Object(groupFields);
export const GroupList = Type.Object({ items: Type.Array(Group) });

const MemberSummary = Type.Object({ node_id: NodeId, name: Type.String(), status: HostStatus });

export const GroupDetail = Type.Object({ ...groupFields, resolved_members: Type.Array(MemberSummary) });

// ---- fleet ------------------------------------------------------------------------------------------------------

export const Target = Type.Union(
  [
    Type.Object({ Node: NodeIdInput }, closed),
    Type.Object({ Group: GroupIdInput }, closed),
    Type.Object({ Selector }, closed),
    Type.Object({ All: Type.Null() }, closed),
  ],
  { description: 'Exactly one of the four.' },
);

export const PreviewRequest = Type.Object({ target: Target }, closed);

export const SkippedTarget = Type.Object({ node_id: NodeId, reason: Type.String() });

export const Preview = Type.Object({ resolved: Type.Array(MemberSummary), skipped: Type.Array(SkippedTarget) });

const MAX_INT = 2_147_483_647;
/** Thirty days. */
const MAX_DEADLINE_SECONDS = 2_592_000;
const count = (minimum: number, maximum = MAX_INT) => Type.Integer({ minimum, maximum });

export const DispatchMode = Type.Union([
  Type.Literal('Sequential'),
  Type.Literal('Parallel'),
  Type.Object({ Parallel: Type.Null() }, closed),
  Type.Object({ Rolling: Type.Object({ batch: count(1) }, closed) }, closed),
]);

export const FailurePolicy = Type.Union([
  Type.Literal('FailFast'),
  Type.Literal('ContinueOnError'),
  Type.Object({ StopAfter: count(1) }, closed),
]);

export const Policy = Type.Object(
  {
    mode: Type.Optional(DispatchMode),
    max_concurrency: Type.Optional(nullable(count(1))),
    failure_policy: Type.Optional(FailurePolicy),
    require_min_targets: Type.Optional(nullable(count(0))),
    per_target_deadline_secs: Type.Optional(
      Type.Union([count(1, MAX_DEADLINE_SECONDS), Type.Null()], {
        default: 3_600,
        description: 'Longest time of one command. Null: as long as it takes.',
      }),
    ),
  },
  closed,
);

export const InvokeRequest = Type.Object(
  {
    target: Target,
    tool: Type.String({ minLength: 1, maxLength: MAX_LENGTH.name, description: 'For instance `cmd.run`.' }),
    args: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        maxProperties: MAX_ITEMS.parts,
        description: 'Arguments of the tool, read by its own schema.',
      }),
    ),
    policy: Type.Optional(Policy),
  },
  closed,
);

export const CancelResult = Type.Object({
  fleet_command_id: FleetCommandId,
  cancelled: Type.Integer({ minimum: 0 }),
  already_terminal: Type.Integer({ minimum: 0 }),
});

export const Summary = Type.Object({
  ok: Type.Integer({ minimum: 0 }),
  err: Type.Integer({ minimum: 0 }),
  timed_out: Type.Integer({ minimum: 0 }),
  cancelled: Type.Integer({ minimum: 0 }),
  not_started: Type.Integer({ minimum: 0 }),
});

export const RunListQuery = Type.Object({
  ...pageParameters,
  tool: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_LENGTH.name, description: 'Runs of this tool.' })),
  outcome: Type.Optional(
    Type.Union(
      [
        Type.Literal('complete'),
        Type.Literal('halted'),
        Type.Literal('cancelled'),
        Type.Literal('running'),
        Type.Literal('failed'),
      ],
      { description: '`running` and `failed` (ended with failures, whatever the outcome) are additions.' },
    ),
  ),
  caller: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.name,
      description: 'An addition: name or id of who ordered it, as in `caller`.',
    }),
  ),
  node: Type.Optional(idInput('n', 'An addition: runs that have this host as a target')),
  since: Type.Optional(dateTime('An addition: runs that started at this instant or later.')),
  until: Type.Optional(dateTime('An addition: runs that started before this instant.')),
  text: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description:
        'An addition: runs with this text in the first 4,096 characters of what was run; letters of either case.',
    }),
  ),
});

const RunOutcome = Type.Union([
  Type.Literal('complete'),
  Type.Literal('halted'),
  Type.Literal('cancelled'),
  Type.Literal('running'),
]);

const runFields = {
  fleet_command_id: FleetCommandId,
  tool: Type.String(),
  target: Target,
  policy: Policy,
  started_at: dateTime(),
  ended_at: nullable(dateTime('Null while running.')),
  outcome: RunOutcome,
  summary: Summary,
  command: nullable(
    Type.String({
      description:
        'An addition: what was run. The command line, the head of the script, or the tool with its arguments; 200 characters. Null, like the next three, in runs of before it was kept.',
    }),
  ),
  command_sha256: nullable(Type.String({ description: 'An addition: of the whole command line or script, hex.' })),
  args: nullable(
    Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      description: 'An addition: arguments of the tool, secret ones redacted; in lists, long ones are cut.',
    }),
  ),
  caller: Type.Object(
    { id: Type.String(), name: nullable(Type.String()) },
    { description: 'An addition: who ordered it. Id of the key or subject of the token, and its name.' },
  ),
  duration_ms: nullable(Type.Integer({ minimum: 0, description: 'An addition. Null while running.' })),
};

export const Run = Type.Object(runFields);
export const RunPage = pageOf(Run);

export const NodeRun = Type.Object({
  node_id: NodeId,
  command_id: nullable(CommandId),
  outcome: NodeOutcome,
  exit_code: nullable(Type.Integer()),
  duration_ms: milliseconds,
  stdout_tail: Type.String({ description: 'Last 4 KiB.' }),
  stderr_tail: Type.String({ description: 'Last 4 KiB.' }),
  result: Type.Optional(
    Type.Unknown({
      description:
        'An addition: what a tool with a structured result answered. One of more than 4 KiB is told as `truncated` and its size in `bytes`; the event `command_result` has it whole.',
    }),
  ),
});

export const RunDetail = Type.Object({ ...runFields, per_node: Type.Array(NodeRun) });

// ---- output -----------------------------------------------------------------------------------------------------

export const OutputSearchQuery = Type.Object({
  text: Type.String({
    minLength: 1,
    maxLength: 256,
    pattern: pattern('^[^\\n]+$', 'on one line'),
    description: 'Looked for within lines, letter for letter; no pattern.',
  }),
  run: Type.Optional(idInput('f', 'In this run only')),
  node: Type.Optional(idInput('n', 'On this host only')),
  since: Type.Optional(dateTime('In runs that started at this instant or later.')),
  until: Type.Optional(dateTime('In runs that started before this instant.')),
  ...pageParameters,
});

export const FoundOutput = Type.Object({
  fleet_command_id: FleetCommandId,
  command_id: CommandId,
  node_id: NodeId,
  started_at: dateTime('Of the run.'),
  count: Type.Integer({ minimum: 1, description: 'Lines that hold the text.' }),
  lines: Type.Array(
    Type.Object({
      stream: Type.Union([Type.Literal('stdout'), Type.Literal('stderr')]),
      text: Type.String({ description: 'The line; of a long one, 400 bytes around the text.' }),
    }),
    { maxItems: 10, description: 'The first ten.' },
  ),
});

export const FoundOutputPage = pageOf(FoundOutput);

// ---- errors -----------------------------------------------------------------------------------------------------

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String({ description: 'Stable.' }),
  request_id: Type.String(),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.Optional(Type.String({ description: 'JSON Pointer into the body.' })),
        parameter: Type.Optional(Type.String({ description: 'Of the query.' })),
        detail: Type.String(),
      }),
      { description: 'Everything that is wrong with the request.' },
    ),
  ),
});

// ---- types ------------------------------------------------------------------------------------------------------

export type WireSelector = Static<typeof Selector>;
export type WireTagMatcher = Static<typeof TagMatcher>;
export type WireLabelMatcher = Static<typeof LabelMatcher>;
export type WireTarget = Static<typeof Target>;
export type WirePolicy = Static<typeof Policy>;
export type WireHostQuery = Static<typeof HostListQuery>;
export type WireHostStatus = Static<typeof HostStatus>;
export type WireHostDetail = Static<typeof HostDetail>;
export type WireNodeOutcome = Static<typeof NodeOutcome>;
export type WireGroup = Static<typeof Group>;
export type WireFoundOutput = Static<typeof FoundOutput>;
export type WireRunFilter = Omit<Static<typeof RunListQuery>, 'cursor' | 'limit'>;
export type WireRun = Static<typeof Run>;
export type WireSummary = Static<typeof Summary>;
