import { AT, runCases } from '#test/support/cli-cases.ts';

const rule = { subject: 'ci', allow: [{ on: 'tags=web', kinds: ['port'], ports: ['443'] }], updated_at: AT };
const more = { ...rule, allow: [...rule.allow, { on: 'gateway', kinds: ['exit'], hosts: ['*.lan'] }] };

runCases([
  {
    line: 'reach-rules ls',
    routes: { 'GET /v1/reach-rules': { json: { items: [rule, { ...rule, subject: 'none', allow: [] }] } } },
    asks: ['GET /v1/reach-rules'],
    prints: `SUBJECT\tMAY REACH\tSET\nci\ton tags=web  kinds port  ports 443\t${AT}\nnone\tnothing\t${AT}\n`,
  },
  {
    line: 'reach-rules set ci --also --on gateway --kind exit --host *.lan',
    routes: { 'GET /v1/reach-rules': { json: { items: [rule] } }, 'PUT /v1/reach-rules': { json: more } },
    asks: ['GET /v1/reach-rules', `PUT /v1/reach-rules ${JSON.stringify({ subject: 'ci', allow: more.allow })}`],
    prints: 'ci may reach: on tags=web  kinds port  ports 443; on gateway  kinds exit  hosts *.lan\n',
  },
  {
    line: 'reach-rules set ci --nothing',
    routes: { 'PUT /v1/reach-rules': { json: { ...rule, allow: [] } } },
    asks: ['PUT /v1/reach-rules {"subject":"ci","allow":[]}'],
    prints: 'ci may reach: nothing\n',
  },
  {
    line: 'reach-rules rm ci',
    routes: { 'DELETE /v1/reach-rules/ci': { status: 204 } },
    asks: ['DELETE /v1/reach-rules/ci'],
    prints: 'ci is not bound any more\n',
  },
]);
