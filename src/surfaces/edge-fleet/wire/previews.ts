import { type Static, Type } from 'typebox';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Targeting } from '#surfaces/targeting/wire.ts';
import { Policy, Target } from './fleet.ts';
import { MemberSummary } from './groups.ts';
import { FleetCommandId, NodeId } from './ids.ts';
import { closed, dateTime, nullable } from './shapes.ts';

/** More targets and skipped hosts are counted, not listed. */
export const MOST_LISTED = 200;
const MOST_TARGET_CHARACTERS = 8_192;
const MOST_PIN_CHARACTERS = 4_096;
/** As long as a body may be. */
const MOST_SCRIPT_CHARACTERS = 1_048_576;

const Pin = Type.String({
  minLength: 1,
  maxLength: MOST_PIN_CHARACTERS,
  description: 'From a preview of this caller. Starts one run, within ten minutes.',
});

export const OrderRequest = Type.Object(
  {
    on: Type.Optional(
      Type.Union([
        Type.String({
          minLength: 1,
          maxLength: MOST_TARGET_CHARACTERS,
          description:
            'As behind `--on`: `all`, `web-1,web-3`, `web-[1-9]`, `group:web`, `cluster:eu`, `os=linux tags=web`.',
        }),
        Target,
      ]),
    ),
    targeting: Type.Optional(Targeting),
    command: Type.Optional(
      Type.Union([
        Type.String({ minLength: 1, maxLength: MOST_SCRIPT_CHARACTERS, description: 'For a login shell.' }),
        Type.Array(Type.String({ maxLength: MAX_LENGTH.value }), {
          minItems: 1,
          maxItems: MAX_ITEMS.parts,
          description: 'A program and its arguments, without a shell.',
        }),
      ]),
    ),
    script: Type.Optional(
      Type.String({ minLength: 1, maxLength: MOST_SCRIPT_CHARACTERS, description: 'The same as a text of `command`.' }),
    ),
    tool: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_LENGTH.name,
        description: 'Instead: a tool such as `service.restart`.',
      }),
    ),
    args: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        maxProperties: MAX_ITEMS.parts,
        description: 'Arguments of the tool; of a command, further ones such as `cwd`, `env`, `user`.',
      }),
    ),
    policy: Type.Optional(Policy),
  },
  {
    ...closed,
    description:
      'Exactly one of `on` and `targeting` (as commands of Edge Admin have it), and exactly one of `command`, `script` and `tool`.',
  },
);

const RunId = Type.String({ description: '`f-` and a UUID for a run of the fleet, else the bare UUID.' });

const SkippedHost = Type.Object({ node_id: NodeId, name: Type.String(), reason: Type.String() });

const LastFailure = Type.Object({
  node_id: NodeId,
  name: Type.String(),
  run_id: RunId,
  tool: Type.String(),
  at: nullable(dateTime()),
  outcome: Type.String(),
  exit_code: nullable(Type.Integer()),
  message: nullable(Type.String()),
});

const OpenWork = Type.Object({
  run_id: RunId,
  kind: Type.String(),
  tool: Type.String(),
  command: nullable(Type.String()),
  caller: nullable(Type.String()),
  started_at: dateTime(),
  host_count: Type.Integer({ minimum: 1, description: 'Of the targets.' }),
});

export const OrderPreview = Type.Object({
  pin: Pin,
  expires_at: dateTime('When the pin ends.'),
  tool: Type.String(),
  command: Type.String({ description: 'What would be run, secret arguments redacted; the first 4,096 characters.' }),
  is_read_only: Type.Boolean({ description: 'The tool only looks.' }),
  target: Target,
  target_count: Type.Integer({ minimum: 0 }),
  targets: Type.Array(MemberSummary, { description: `The first ${MOST_LISTED}, by name.` }),
  skipped_count: Type.Integer({ minimum: 0 }),
  skipped: Type.Array(SkippedHost, { description: `The first ${MOST_LISTED}, by name, and why.` }),
  is_below_floor: Type.Boolean({ description: 'Fewer targets than required: nothing would run.' }),
  approval: Type.Union([Type.Null(), Type.Literal('self'), Type.Literal('other')], {
    description: 'Null: it starts at once. `self`: somebody has to approve it. `other`: another person has to.',
  }),
  last_failures: Type.Array(LastFailure, { description: 'Targets whose last command went wrong; the newest 20.' }),
  also_running: Type.Array(OpenWork, { description: 'What has not ended on the targets; the newest 20 runs.' }),
});

export const PinnedStartRequest = Type.Object({ pin: Pin }, closed);

export const PinnedRun = Type.Object({
  fleet_command_id: FleetCommandId,
  target_count: Type.Integer({ minimum: 0 }),
  approval: nullable(Type.String({ description: 'It is held until this is approved.' })),
  is_repeated: Type.Boolean({ description: 'The pin had started this run before.' }),
});

const ChangedTarget = Type.Object({ node_id: NodeId, name: nullable(Type.String()) });

export const TargetChanged = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Literal('target_changed'),
    request_id: Type.String(),
    came: Type.Array(ChangedTarget, { description: `The first ${MOST_LISTED}.` }),
    went: Type.Array(ChangedTarget, { description: `The first ${MOST_LISTED}.` }),
    preview: OrderPreview,
  },
  { description: 'A problem, with what the order would mean now, and another pin.' },
);

export type WireOrder = Static<typeof OrderRequest>;
export type WireOrderPreview = Static<typeof OrderPreview>;
