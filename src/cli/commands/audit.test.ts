import { A, AT, HASH, runCases, WHOLE } from '#test/support/cli-cases.ts';

runCases([
  {
    line: 'audit list --action host.revoke --limit 1',
    routes: {
      'GET /v1/audit': {
        json: {
          items: [
            {
              at: AT,
              subject: 'key-1',
              action: 'host.revoke',
              object: 'n-1',
              address: null,
              outcome: 'ok',
              facts: { caller: 'ops' },
            },
          ],
          next_cursor: 'more',
        },
      },
    },
    asks: ['GET /v1/audit?action=host.revoke&limit=200'],
    prints: `WHEN\tSUBJECT\tACTION\tOBJECT\tFROM\tOUTCOME\tBY\tCOMMAND\n${AT}\tkey-1\thost.revoke\tn-1\t-\tok\tops\t-\n`,
  },
  {
    line: 'audit verify',
    routes: { 'GET /v1/audit/verification': { json: { ...WHOLE, unkeyed_rows: 2 } } },
    asks: ['GET /v1/audit/verification'],
    prints: `whole: 7 rows, 2 of them from before there were keys; whether its end was cut off shows only a head that was kept\nhead 7:${HASH}\n`,
  },
  {
    line: `audit verify --since 5:${HASH}`,
    routes: { 'GET /v1/audit/verification': { json: { ...WHOLE, rows: 2 } } },
    asks: [`GET /v1/audit/verification?since=5:${HASH}`],
    prints: `whole since 5: 2 rows\nhead 7:${HASH}\n`,
  },
  {
    line: 'audit export --after 1',
    routes: {
      'GET /v1/audit/export': {
        json: { tenant_id: A, after: { position: 1, hash: HASH }, items: [{ position: 2 }], head: { position: 2 } },
      },
    },
    asks: ['GET /v1/audit/export?after=1'],
    prints: `{"format":"garrison-audit-export/1","tenant_id":"${A}","after":{"position":1,"hash":"${HASH}"}}\n{"position":2}\n`,
  },
]);
