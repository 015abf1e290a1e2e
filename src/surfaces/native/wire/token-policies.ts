import Type from 'typebox';
import { Nullable } from './shapes.ts';

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
