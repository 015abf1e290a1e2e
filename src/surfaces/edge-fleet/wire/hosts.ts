import { type Static, Type } from 'typebox';
import { MAX_TAG_LENGTH, MAX_TAGS, TAG_PATTERN } from '#core/nodes/tags.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';
import { CommandId, NodeId, pathId } from './ids.ts';
import { pageOf, pageParameters } from './pages.ts';
import { closed, dateTime, mapOf, Name, nullable } from './shapes.ts';

/** See `TAG_PATTERN`. */
const TAG_WORDS = 'of lower-case letters, digits and . _ : / -, with a letter or digit first';

export const HostPath = Type.Object({ id: pathId('`n-` and a UUID; the bare UUID is read too.') });

export const Tag = Type.String({ pattern: pattern(TAG_PATTERN, TAG_WORDS), maxLength: MAX_TAG_LENGTH });

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
  node_id: Type.Optional(
    Type.Array(pathId('`n-` and a UUID; the bare UUID is read too.'), {
      maxItems: MAX_ITEMS.parts,
      description: 'An addition: these hosts, as far as there are such.',
    }),
  ),
  name: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: MAX_LENGTH.name }), {
      maxItems: MAX_ITEMS.parts,
      description:
        'An addition: hosts of this name, in which `*` stands for any run of characters; given several times, any of them.',
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

const HOST_ORDERS = ['name', 'seen', 'version', 'system'] as const;

const counted = Type.Integer({ minimum: 0 });

/** All that the target means, whatever `status` is asked for. */
const HostCounts = Type.Object({
  Connected: counted,
  Unhealthy: counted,
  Disconnected: counted,
  Revoked: counted,
});

export const hostSearchFields = {
  status: Type.Optional(
    Type.Array(HostStatus, { maxItems: 4, description: 'Any of these; without it, every status.' }),
  ),
  order_by: Type.Optional(Type.Enum([...HOST_ORDERS], { default: 'name', description: '`seen`: last sign of life.' })),
  descending: Type.Optional(Type.Boolean({ default: false })),
  ...pageParameters,
};

export const FoundHosts = Type.Object({
  items: Type.Array(Host, { maxItems: 200 }),
  next_cursor: nullable(Type.String()),
  counts: nullable(HostCounts),
});

export const NodeOutcome = Type.Union([
  Type.Literal('ok'),
  Type.Literal('err'),
  Type.Literal('timed_out'),
  Type.Literal('cancelled'),
  Type.Literal('not_started'),
  Type.Literal('running'),
]);

export const milliseconds = nullable(Type.Integer({ minimum: 0 }));

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

export const HostUpdate = Type.Object({ name: Type.Optional(Name), tags: Type.Optional(TagList) }, closed);

export const TagChange = Type.Object({ add: Type.Optional(TagList), remove: Type.Optional(TagList) }, closed);

export type WireHostQuery = Static<typeof HostListQuery>;

export type WireHostStatus = Static<typeof HostStatus>;

export type WireHostDetail = Static<typeof HostDetail>;

export type WireNodeOutcome = Static<typeof NodeOutcome>;
