import { describe, expect, test } from 'vitest';
import { A, AT, B, group, groups, HOSTS, host, hosts, runCases, setup } from '#test/support/cli-cases.ts';

const detail = { ...host, enrolled_at: AT, recent_commands: [] };

runCases([
  {
    line: 'edge ls --tag prod --tag web --label region=eu --connected',
    routes: { 'GET /v1/edge/hosts': hosts },
    asks: ['GET /v1/edge/hosts?tag=prod&tag=web&label=region=eu&connected=true&limit=200'],
    prints: `NAME\tNODE_ID\tTENANT\tSTATUS\tOS\tARCH\tTAGS\tHEARTBEAT\nweb-1\tn-${A}\tu-1\tConnected\tlinux\tx86_64\tprod\t${AT}\n`,
  },
  {
    line: 'edge show web-1',
    routes: { 'GET /v1/edge/hosts': hosts, [`GET /v1/edge/hosts/n-${A}`]: { json: detail } },
    asks: [HOSTS, `GET /v1/edge/hosts/n-${A}`],
    prints: /status\tConnected since 2026.*labels\tregion=eu/s,
  },
  {
    line: `edge rename ${A} db-1`,
    routes: { [`PATCH /v1/edge/hosts/${A}`]: { json: { ...detail, name: 'db-1' } } },
    asks: [`PATCH /v1/edge/hosts/${A} {"name":"db-1"}`],
    prints: `${A} is called db-1 now\n`,
  },
  {
    line: `edge tag add n-${A} prod team:a`,
    routes: { [`POST /v1/edge/hosts/n-${A}/tags`]: { json: detail } },
    asks: [`POST /v1/edge/hosts/n-${A}/tags {"add":["prod","team:a"]}`],
    prints: 'web-1: prod\n',
  },
  {
    line: `edge tag rm n-${A} old`,
    routes: { [`POST /v1/edge/hosts/n-${A}/tags`]: { json: detail } },
    asks: [`POST /v1/edge/hosts/n-${A}/tags {"remove":["old"]}`],
    prints: 'web-1: prod\n',
  },
  {
    line: `edge tag set n-${A}`,
    routes: { [`PATCH /v1/edge/hosts/n-${A}`]: { json: { ...detail, tags: [] } } },
    asks: [`PATCH /v1/edge/hosts/n-${A} {"tags":[]}`],
    prints: 'web-1: no tags\n',
  },
  {
    line: `edge revoke web-1 ${B}`,
    routes: { 'GET /v1/edge/hosts': hosts, [`DELETE /v1/edge/hosts/n-${A}`]: {}, [`DELETE /v1/edge/hosts/${B}`]: {} },
    asks: [HOSTS, `DELETE /v1/edge/hosts/n-${A}`, `DELETE /v1/edge/hosts/${B}`],
    prints: `revoked web-1\nrevoked ${B}\n`,
  },
  {
    line: 'edge enroll-token --name web-4 --ttl 5m --team t-1',
    routes: {
      'POST /v1/edge/enrollment-tokens': {
        status: 201,
        json: { token: 'a.b.c', expires_at: AT, controller_endpoint: 'h:1', qr_payload: 'x' },
      },
    },
    asks: ['POST /v1/edge/enrollment-tokens {"name":"web-4","ttl_seconds":300,"team_tenant_id":"t-1"}'],
    prints: 'a.b.c\n',
  },
  {
    line: 'edge tokens list',
    routes: {
      'GET /v1/edge/enrollment-tokens': {
        json: {
          items: [
            {
              id: 'k1',
              name: null,
              issued_at: AT,
              expires_at: '2025-01-01T00:00:00Z',
              redeemed_at: null,
              withdrawn_at: null,
            },
          ],
          next_cursor: null,
        },
      },
    },
    asks: ['GET /v1/edge/enrollment-tokens?limit=200'],
    prints: `ID\tNAME\tSTATE\tISSUED\tEXPIRES\nk1\t-\texpired\t${AT}\t2025-01-01T00:00:00Z\n`,
  },
  {
    line: 'edge token withdraw k1',
    routes: { 'DELETE /v1/edge/enrollment-tokens/k1': {} },
    asks: ['DELETE /v1/edge/enrollment-tokens/k1'],
    prints: 'withdrew k1\n',
  },
  {
    line: 'edge group ls',
    routes: { 'GET /v1/edge/groups': groups },
    asks: ['GET /v1/edge/groups'],
    prints: `NAME\tID\tMEMBERS\tSELECTOR\tPINNED\tCREATED\ndbs\tg-${B}\t2\ttags=db\t1\t${AT}\n`,
  },
  {
    line: `edge group create dbs os=linux tags=AnyOf(db,prod) --pin ${A}`,
    routes: { 'POST /v1/edge/groups': { status: 201, json: group } },
    asks: [
      `POST /v1/edge/groups {"name":"dbs","selector":{"os":"linux","tags":[{"AnyOf":["db","prod"]}]},"pinned_members":["${A}"]}`,
    ],
    prints: `created dbs (g-${B}), 2 in it\n`,
  },
  {
    line: 'edge group create all-of-us everyone',
    routes: { 'POST /v1/edge/groups': { status: 201, json: group } },
    asks: ['POST /v1/edge/groups {"name":"all-of-us","selector":{}}'],
    prints: /created/,
  },
  {
    line: 'edge group show dbs',
    routes: { 'GET /v1/edge/groups': groups, [`GET /v1/edge/groups/g-${B}`]: { json: group } },
    asks: ['GET /v1/edge/groups', `GET /v1/edge/groups/g-${B}`],
    prints: /selector\ttags=db\n.*web-1\tn-.*\tConnected/s,
  },
  {
    line: 'edge group update dbs --name databases --selector tags=db --selector os=linux',
    routes: { 'GET /v1/edge/groups': groups, [`PATCH /v1/edge/groups/g-${B}`]: { json: group } },
    asks: [
      'GET /v1/edge/groups',
      `PATCH /v1/edge/groups/g-${B} {"name":"databases","selector":{"os":"linux","tags":[{"Has":"db"}]}}`,
    ],
    prints: 'changed dbs, 2 in it\n',
  },
  {
    line: `edge group set-pinned g-${B} --add ${A} --rm n-${B}`,
    routes: { [`GET /v1/edge/groups/g-${B}`]: { json: group }, [`PATCH /v1/edge/groups/g-${B}`]: { json: group } },
    asks: [`GET /v1/edge/groups/g-${B}`, `PATCH /v1/edge/groups/g-${B} {"pinned_members":["${A}"]}`],
    prints: 'dbs: 1 pinned, 2 in it\n',
  },
  {
    line: `edge group rm g-${B}`,
    routes: { [`DELETE /v1/edge/groups/g-${B}`]: {} },
    asks: [`DELETE /v1/edge/groups/g-${B}`],
    prints: `removed g-${B}\n`,
  },
  {
    line: 'edge fleet preview os=linux --on tags=web',
    routes: {
      'POST /v1/edge/fleet/preview': {
        json: { resolved: group.resolved_members, skipped: [{ node_id: `n-${B}`, reason: 'Disconnected' }] },
      },
      [`GET /v1/edge/hosts/n-${B}`]: { json: { ...detail, node_id: `n-${B}`, name: 'web-2' } },
    },
    asks: [
      'POST /v1/edge/fleet/preview {"target":{"Selector":{"os":"linux","tags":[{"Has":"web"}]}}}',
      `GET /v1/edge/hosts/n-${B}`,
    ],
    prints: ` \tNAME\tNODE_ID\tSTATUS\n✓\tweb-1\tn-${A}\tConnected\n⊗\tweb-2\tn-${B}\tDisconnected\n`,
  },
  {
    line: 'edge fleet preview all',
    routes: { 'POST /v1/edge/fleet/preview': { json: { resolved: [], skipped: [] } } },
    asks: ['POST /v1/edge/fleet/preview {"target":{"All":null}}'],
    prints: /NAME/,
    exitCode: 5,
  },
  {
    line: 'edge fleet cancel f-1',
    routes: {
      'POST /v1/edge/fleet/f-1/cancel': { json: { fleet_command_id: 'f-1', cancelled: 2, already_terminal: 3 } },
    },
    asks: ['POST /v1/edge/fleet/f-1/cancel'],
    prints: 'cancelled 2, 3 had ended\n',
  },
]);

describe('words of the fleet for this host', () => {
  test('status is that of garrison node, with options before and behind', async () => {
    const { session } = await setup({});
    const stateDir = `${session.homeDir}/node`;
    const { exitCode, stdout } = await session.run('--output', 'json', 'edge', 'status', '--state-dir', stateDir);
    expect(exitCode).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'not_joined', state_dir: stateDir });
  });

  test('an enrolment without a token is refused as by garrison node join', async () => {
    const { session } = await setup({});
    const { exitCode, stderr } = await session.run('edge', 'enroll', '--state-dir', session.homeDir);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no enrolment key or token was given');
  });

  test('logging out where nobody has joined revokes nothing', async () => {
    const { server, session } = await setup({});
    const { exitCode, stderr } = await session.run('edge', 'logout', '--state-dir', `${session.homeDir}/node`);
    expect([exitCode, server.requests]).toEqual([4, []]);
    expect(stderr).toContain('this machine has not joined');
  });
});
