import Type, { type Static } from 'typebox';
import { REACH_KINDS } from '#core/tunnels/reach-rule.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { Timestamp } from './shapes.ts';

const MOST_TARGET_CHARACTERS = 8_192;

const ReachSubject = Type.String({
  minLength: 1,
  maxLength: MAX_LENGTH.name,
  description: 'Whom it binds, as the audit log has it: the id of a token, the subject of a sign-in, `proxy-key`.',
});

const onText =
  'Which nodes, as behind `--on`: `all`, `web-1,web-3`, `group:web`, `cluster:eu`, `os=linux tags=web`. It is evaluated whenever something is opened, and every second while it is open.';

const limits = {
  kinds: Type.Optional(
    Type.Array(Type.Enum([...REACH_KINDS]), {
      minItems: 1,
      maxItems: REACH_KINDS.length,
      description:
        '`port`: of the node itself. `exit`: another host through it. `ssh`: its SSH server. `terminal`: a shell or a command. Without it: all.',
    }),
  ),
  hosts: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: MAX_LENGTH.name }), {
      minItems: 1,
      maxItems: MAX_ITEMS.parts,
      description:
        'Of `exit`: names (`*.example.com` too), addresses and networks, as the client says them. Without it: any.',
    }),
  ),
  ports: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 11 }), {
      minItems: 1,
      maxItems: MAX_ITEMS.parts,
      description: 'Of `port` and `exit`: `443`, `8000-8010`. Without it: any.',
    }),
  ),
};

export const ReachAllowanceRequest = Type.Object(
  {
    on: Type.String({ minLength: 1, maxLength: MOST_TARGET_CHARACTERS, description: onText }),
    ...limits,
  },
  { title: 'ReachAllowanceRequest', additionalProperties: false },
);

export const ReachRuleRequest = Type.Object(
  {
    subject: ReachSubject,
    allow: Type.Array(ReachAllowanceRequest, {
      maxItems: MAX_ITEMS.parts,
      description: 'What one of them allows can be opened; nothing else. Empty: nothing.',
    }),
  },
  { title: 'ReachRuleRequest', additionalProperties: false },
);

export const ReachRule = Type.Object(
  {
    subject: ReachSubject,
    allow: Type.Array(Type.Object({ on: Type.String({ description: onText }), ...limits })),
    updated_at: Timestamp,
  },
  { title: 'ReachRule' },
);

export const ReachRuleList = Type.Object({ items: Type.Array(ReachRule) }, { title: 'ReachRuleList' });

export const ReachRulePath = Type.Object({ subject: ReachSubject });

export type WireReachAllowance = Static<typeof ReachAllowanceRequest>;
