import { type Static, Type } from 'typebox';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Targeting } from '#surfaces/targeting/wire.ts';
import { MemberSummary } from './groups.ts';
import { hostSearchFields } from './hosts.ts';
import { FleetCommandId, GroupIdInput, NodeId, NodeIdInput } from './ids.ts';
import { MAX_VALUES_IN_ALL, Selector } from './selectors.ts';
import { closed, nullable } from './shapes.ts';

const HostPattern = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.name,
  description: 'Id or name of a host; in a name, `*` stands for any run of characters.',
});
const HostSet = Type.Object(
  {
    Hosts: Type.Array(HostPattern, {
      minItems: 1,
      maxItems: MAX_VALUES_IN_ALL,
      description: 'An addition: these hosts. A name without `*` that no host has is refused.',
    }),
  },
  closed,
);
const ClusterSet = Type.Object(
  {
    Cluster: Type.String({
      minLength: 1,
      maxLength: MAX_LENGTH.name,
      description: 'An addition: the hosts of a cluster; `*` stands for any run of characters.',
    }),
  },
  closed,
);
const NodeTarget = Type.Object({ Node: NodeIdInput }, closed);
const GroupTarget = Type.Object({ Group: GroupIdInput }, closed);
const SelectorTarget = Type.Object({ Selector }, closed);
const AllTarget = Type.Object({ All: Type.Null() }, closed);

const TargetSet = Type.Union([NodeTarget, GroupTarget, SelectorTarget, AllTarget, HostSet, ClusterSet]);

/** More would be a program, not a target. */
const MAX_STEPS = 100;

export const TargetStep = Type.Union([
  Type.Object({ Add: TargetSet }, closed),
  Type.Object({ Keep: TargetSet }, closed),
  Type.Object({ Remove: TargetSet }, closed),
]);

export const Target = Type.Union(
  [
    NodeTarget,
    GroupTarget,
    SelectorTarget,
    AllTarget,
    HostSet,
    ClusterSet,
    Type.Object(
      {
        Steps: Type.Array(TargetStep, {
          minItems: 1,
          maxItems: MAX_STEPS,
          description:
            'An addition: sets put together from left to right, beginning with no host. Add takes hosts in, Keep leaves only those that are in this set too, Remove takes hosts out.',
        }),
      },
      closed,
    ),
    Type.Object(
      { Targeting },
      { ...closed, description: 'An addition: a targeting as commands of Edge Admin have it.' },
    ),
  ],
  { description: 'Exactly one of these. The first four are the contract’s.' },
);

export const HostSearch = Type.Object(
  {
    target: Type.Union([Type.String({ minLength: 1, maxLength: 8_192, description: 'As behind `--on`.' }), Target]),
    ...hostSearchFields,
  },
  closed,
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
  Type.Object(
    {
      Rolling: Type.Union([
        Type.Object({ batch: count(1) }, closed),
        Type.Object(
          {
            percent: Type.Integer({
              minimum: 1,
              maximum: 100,
              description: 'An addition: of the targets, rounded up.',
            }),
          },
          closed,
        ),
      ]),
    },
    closed,
  ),
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

export const RerunRequest = Type.Object(
  {
    only: Type.Optional(
      Type.Literal('failed', {
        description: 'The hosts on which it failed or did not start. Without it: the target, resolved again.',
      }),
    ),
  },
  closed,
);

export const CancelResult = Type.Object({
  fleet_command_id: FleetCommandId,
  cancelled: Type.Integer({ minimum: 0 }),
  already_terminal: Type.Integer({ minimum: 0 }),
});

export type WireTargetSet = Static<typeof TargetSet>;
export type WireTargetStep = Static<typeof TargetStep>;
export type WireTarget = Static<typeof Target>;

export type WirePolicy = Static<typeof Policy>;
