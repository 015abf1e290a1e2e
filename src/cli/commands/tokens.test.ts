import { runCases } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'tokens create --name ci --scope a --scope b --expires 2027-01-01 --kind scoped',
    routes: { 'POST /v1/keys': { status: 201, json: { id: 'k1', api_key: 'grn_1' } } },
    asks: ['POST /v1/keys {"kind":"scoped","name":"ci","scopes":["a","b"],"expires_at":"2027-01-01T00:00:00.000Z"}'],
    prints: 'grn_1\n',
  },
]);
