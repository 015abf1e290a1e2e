import { type Static, Type } from 'typebox';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Policy, Target } from './fleet.ts';
import { milliseconds, NodeOutcome } from './hosts.ts';
import { CommandId, FleetCommandId, idInput, NodeId, pathId } from './ids.ts';
import { pageOf, pageParameters } from './pages.ts';
import { dateTime, nullable } from './shapes.ts';

export const RunPath = Type.Object({ fleet_command_id: pathId('`f-` and a UUID; the bare UUID is read too.') });

export const RunQuery = Type.Object({
  per_node: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'An addition. False leaves `per_node` empty: of a large fleet it is large.',
    }),
  ),
  node: Type.Optional(idInput('n', 'An addition: `per_node` has this host alone')),
});

const output = Type.Optional(
  Type.Union([Type.Literal('all'), Type.Literal('none')], {
    default: 'all',
    description:
      'An addition. `none`: no `command_progress` events, and results without what a tool answered; what hosts said is read by group then.',
  }),
);
export const StreamQuery = Type.Object({ output });
export const EventsQuery = Type.Object({
  output,
  node: Type.Optional(
    Type.Array(idInput('n', 'An addition: a host'), {
      maxItems: MAX_ITEMS.parts,
      description: 'The events of these hosts alone; given several times, of each of them.',
    }),
  ),
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
  target_count: Type.Integer({
    minimum: 0,
    description: 'An addition: the hosts it is for, those that have not ended too.',
  }),
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
  approval: nullable(
    Type.Object(
      { id: Type.String(), is_waiting: Type.Boolean({ description: 'Nothing of it has started.' }) },
      { description: 'An addition: it had to be approved. Null where nobody was asked.' },
    ),
  ),
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

export type WireRunFilter = Omit<Static<typeof RunListQuery>, 'cursor' | 'limit'>;

export type WireRun = Static<typeof Run>;

export type WireSummary = Static<typeof Summary>;
