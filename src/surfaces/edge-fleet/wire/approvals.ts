import { type Static, Type } from 'typebox';
import { APPROVAL_STATES } from '#core/approvals/approval.ts';
import { MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pageOf, pageParameters } from './pages.ts';
import { closed, dateTime, nullable } from './shapes.ts';

export const ApprovalPath = Type.Object({
  approval_id: Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId, description: 'UUID.' }),
});

const state = () => Type.Enum([...APPROVAL_STATES]);

export const ApprovalListQuery = Type.Object({ ...pageParameters, state: Type.Optional(state()) });

export const DecisionRequest = Type.Object(
  {
    reason: Type.Optional(
      nullable(Type.String({ maxLength: MAX_LENGTH.value, description: 'Why; some policies want it.' })),
    ),
  },
  closed,
);

export const Approval = Type.Object({
  id: Type.String(),
  kind: Type.Union(
    [
      Type.Literal('run'),
      Type.Literal('dispatch'),
      Type.Literal('budget'),
      Type.Literal('tunnel'),
      Type.Literal('workspace'),
    ],
    {
      description:
        'Runs and dispatches are held, and so is a dispatch that has spent its `budget`; tunnels (terminals, copies) and workspaces were refused and may be repeated.',
    },
  ),
  about: nullable(Type.String({ description: 'UUID of the run or dispatch that is held.' })),
  state: state(),
  approver: Type.Union([Type.Literal('self'), Type.Literal('other')], {
    description: '`other`: a person other than the one who asked.',
  }),
  needs_reason: Type.Boolean(),
  what: Type.String(),
  target_count: Type.Integer({ minimum: 0 }),
  targets: Type.Array(Type.String(), { description: 'Names, the first 100.' }),
  summary: Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    description: 'What it was asked for: tool, command, arguments without secrets, target, policy.',
  }),
  asked_by: Type.Object({ id: Type.String(), name: Type.String(), person: Type.String() }),
  asked_at: dateTime(),
  expires_at: dateTime('When waiting ends; of one that may be repeated and is approved: until when.'),
  decided_by: nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  decided_at: nullable(dateTime()),
  reason: nullable(Type.String()),
});

export const ApprovalPage = pageOf(Approval);

export type WireApproval = Static<typeof Approval>;
