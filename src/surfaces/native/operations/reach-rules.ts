import { listReachRules, removeReachRule, setReachRule } from '#core/tunnels/reach-rules.ts';
import { callers } from '../auth.ts';
import { defineOperation } from '../deps.ts';
import { readAllowance, writeReachRule } from '../mapping/reach-rules.ts';
import { ReachRule, ReachRuleList, ReachRulePath, ReachRuleRequest } from '../wire/reach-rules.ts';

const shared = { tags: ['Reach'], isExtension: true, principals: callers, scope: 'keys.manage' } as const;

/** What tokens and persons of the tenant may reach by tunnels, terminals and the proxies. */
export const reachRuleOperations = [
  defineOperation({
    ...shared,
    method: 'GET',
    path: '/v1/reach-rules',
    operationId: 'listReachRules',
    summary: 'List what tokens and persons may reach',
    description: 'Whoever has no rule may reach what the scopes open.',
    responses: { 200: { description: 'All of them, by subject.', schema: ReachRuleList } },
    errors: [],
    async handler(ctx, deps) {
      return { status: 200, body: { items: (await listReachRules(ctx, deps)).map(writeReachRule) } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'PUT',
    path: '/v1/reach-rules',
    operationId: 'setReachRule',
    summary: 'Say what a token or a person may reach, and nothing else',
    description:
      'For tunnels, terminals and the proxies, whichever door. It takes the place of the rule before; what is open and no longer allowed ends within two seconds. The rule of a person holds for every token that person has made, beside the token’s own.',
    auditAction: 'reach_rule.set',
    body: ReachRuleRequest,
    responses: { 200: { description: 'The rule as it is now.', schema: ReachRule } },
    errors: ['forbidden', 'not_found', 'invalid', 'conflict'],
    async handler(ctx, deps, { body }) {
      const allow = await Promise.all(body.allow.map((one) => readAllowance(ctx, deps, one)));
      const rule = writeReachRule(await setReachRule(ctx, deps, { subject: body.subject, allow }));
      return { status: 200, body: rule, audit: { object: rule.subject, facts: { allow: rule.allow } } };
    },
  }),

  defineOperation({
    ...shared,
    method: 'DELETE',
    path: '/v1/reach-rules/{subject}',
    operationId: 'removeReachRule',
    summary: 'Remove a rule: the scopes alone say what may be reached',
    auditAction: 'reach_rule.remove',
    params: ReachRulePath,
    responses: { 204: { description: 'Removed; no body.' } },
    errors: ['forbidden', 'not_found'],
    async handler(ctx, deps, { params }) {
      await removeReachRule(ctx, deps, params.subject);
      return { status: 204 };
    },
  }),
];
