import { type Static, Type } from 'typebox';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { MemberSummary } from './groups.ts';
import { FleetCommandId, GroupIdInput, NodeId, NodeIdInput } from './ids.ts';
import { Selector } from './selectors.ts';
import { closed, nullable } from './shapes.ts';

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

export const count = (minimum: number, maximum = MAX_INT) => Type.Integer({ minimum, maximum });

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

export type WireTarget = Static<typeof Target>;

export type WirePolicy = Static<typeof Policy>;
