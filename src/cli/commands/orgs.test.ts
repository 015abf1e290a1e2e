import { AT, runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'orgs create Acme',
    routes: { 'POST /v1/orgs': { status: 201, json: { id: 'o1', name: 'Acme', created_at: AT, api_key: 'arb_1' } } },
    asks: ['POST /v1/orgs {"name":"Acme"}'],
    prints: 'organisation\to1\nname\tAcme\nkey\tarb_1\n',
  },
  {
    line: 'orgs keys revoke o1 k1',
    routes: { 'DELETE /v1/orgs/o1/keys/k1': {} },
    asks: ['DELETE /v1/orgs/o1/keys/k1'],
    prints: 'revoked k1\n',
  },
  {
    line: 'orgs keys create o1 --kind otp --scope dispatch',
    routes: { 'POST /v1/orgs/o1/keys': { status: 201, json: { id: 'k1', api_key: 'otp_1' } } },
    asks: ['POST /v1/orgs/o1/keys {"kind":"otp","scopes":["dispatch"]}'],
    prints: 'otp_1\n',
  },
]);
