/** Command lines of every noun against a server that answers by the contracts: what is asked of it, and what is printed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type CliOptions, cliSession } from '#test/support/cli-session.ts';
import { fakeController, type Routes, type SeenRequest } from '#test/support/fake-controller.ts';

const A = '00000000-0000-7000-8000-00000000000a';
const B = '00000000-0000-7000-8000-00000000000b';
const AT = '2026-01-01T00:00:00Z';

const directory = mkdtempSync(join(tmpdir(), 'garrison-commands-'));
const SECRET_FILE = join(directory, 'secret');
writeFileSync(SECRET_FILE, `${'s'.repeat(32)}\n`);
afterAll(() => rmSync(directory, { recursive: true }));

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function setup(routes: Routes, options: CliOptions = {}) {
  const server = await fakeController(routes);
  const env = { GARRISON_API: server.url, GARRISON_KEY: 'the-key', GARRISON_ORG: 'org-1', GARRISON_TENANT: 'team-1' };
  const session = await cliSession({ now: () => new Date(AT), ...options, env });
  open.push(server, session);
  return { server, session };
}

const page = (...data: unknown[]) => ({
  json: { data, meta: { pagination: { next_page: null, total_count: data.length } } },
});
const one = (data: unknown, status = 200) => ({ status, json: { data, meta: {} } });

const host = {
  node_id: `n-${A}`,
  name: 'web-1',
  tenant_id: 'u-1',
  status: 'Connected',
  since: AT,
  last_heartbeat_at: AT,
  tags: ['prod'],
  capabilities: { os: 'linux', arch: 'x86_64', local_tools: ['git'], labels: { region: 'eu' } },
};
const detail = { ...host, enrolled_at: AT, recent_commands: [] };
const hosts = { json: { items: [host], next_cursor: null } };
const group = {
  id: `g-${B}`,
  name: 'dbs',
  selector: { tags: [{ Has: 'db' }] },
  pinned_members: [`n-${B}`],
  resolved_member_count: 2,
  resolved_members: [{ node_id: `n-${A}`, name: 'web-1', status: 'Connected' }],
  created_at: AT,
};
const groups = { json: { items: [group] } };
const node = {
  id: A,
  node_name: `node-${A}`,
  id_type: 'persistent',
  status: 'healthy',
  cluster_name: 'home',
  version: '1.0',
  http_port: 1,
  ssh_port: 2,
  http_proxy_port: 3,
  socks5_proxy_port: 4,
  api_token: 'token-of-node',
  proxy_password: 'password-of-node',
  last_seen_at: AT,
  inserted_at: AT,
  updated_at: AT,
};
const cluster = {
  id: B,
  name: 'staging',
  network_name: 'cluster-staging',
  vpn_domain: 'cluster-staging.nm.internal',
  ipv4_range: '100.64.0.0/24',
  node_limit: null,
  node_count: 0,
  nodes: [],
  inserted_at: AT,
  updated_at: AT,
};
const key = {
  id: B,
  cluster_name: 'home',
  name: null,
  tags: [],
  key: 'blob==',
  uses_remaining: 1,
  expired_at: null,
  inserted_at: AT,
  updated_at: AT,
};
const execution = {
  id: B,
  command_id: 'c1',
  command_text: 'echo hi',
  node_id: A,
  status: 'completed',
  exit_code: 0,
  output: 'hi\n',
  target_all: true,
  completed_at: AT,
  inserted_at: AT,
  updated_at: AT,
};
const webhook = {
  ...{ id: B, url: 'https://a.example/hook', subscribed_events: ['edge.node.registered'] },
  ...{ paused_at: null, pause_reason: null, failures: 0, failing_since: null, waiting_events: 0 },
  ...{ inserted_at: AT, updated_at: AT },
};
const outpost = {
  id: B,
  org_id: 'org-1',
  outpost_name: 'eu-1',
  region: 'eu',
  deployment_env: null,
  status: 'active',
  cert_issued_at: AT,
  cert_expires_at: '2026-04-01T00:00:00Z',
  created_at: AT,
  deregistered_at: null,
  last_seen: null,
  outpost_version: null,
  policy_version: null,
  dlp_model_version: null,
  pending_audit_events: null,
  tier3_active: null,
};

const HASH = 'ab'.repeat(32);
const WHOLE = {
  is_intact: true,
  rows: 7,
  unkeyed_rows: 0,
  broken_at: null,
  reason: null,
  head: { position: 7, hash: HASH },
};

const capacity = { total_bytes: 2 ** 33, available_bytes: 2 ** 31, used_bytes: 3 * 2 ** 31, usage_percent: 75 };
const hostFigures = {
  cpu: { cores: 4, load_1m: 1.2, load_5m: 1.1, load_15m: 0.9, usage_percent: 25.5, core_usage_percent: [] },
  memory: capacity,
  swap: { total_bytes: 0, available_bytes: 0, used_bytes: 0, usage_percent: null },
  disk: capacity,
  disks: [{ mount: '/', device: '/dev/sda1', file_system: 'ext4', ...capacity }],
  network: [{ interface: 'eth0', received_bytes: 1536, sent_bytes: 12, receive_errors: 0, send_errors: 0 }],
  uptime: { seconds: 90_061, human: '1d 1h 1m' },
  processes: { total: 120, runnable: 2 },
  temperatures: [{ sensor: 'cpu', celsius: 48.5 }],
};
const application = {
  memory_total_bytes: 80 * 2 ** 20,
  cpu_seconds_total: 12.5,
  uptime_seconds: 19_500,
  uptime_human: '5h 25m',
};
const agentFigures = {
  application,
  commands: { enqueued_total: 10, completed_total: 5, reported_total: 4 },
  oban_queues: [{ queue: 'executions', available: 3, executing: 2 }],
  spool: { unconfirmed: 1, spooled_bytes: 2048, journal_bytes: 512 },
};
const measured = { node_id: A, cluster_name: 'home', timestamp: AT };
const hostLines = [
  'up\t1d 1h 1m',
  'processors\t25.5 % of 4',
  'load\t1.2 1.1 0.9',
  'memory\t6.0 GiB of 8.0 GiB (75 %)',
  'swap\tnone',
  'disk /\t6.0 GiB of 8.0 GiB (75 %)',
  'network eth0\t1.5 KiB in, 12 B out',
  'processes\t120',
  'sensor cpu\t48.5 °C',
];
const agentLines = [
  'daemon\tup 5h 25m, 80.0 MiB, 12.5 s of processor',
  'executions\t2 running, 3 waiting, 5 ended',
  'unconfirmed results\t1',
  'unconfirmed output\t2.0 KiB',
  'journal\t512 B',
];
const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('');

interface Case {
  readonly line: string;
  readonly routes: Routes;
  /** `METHOD /path?query` or with the body behind it, in order. */
  readonly asks: readonly string[];
  readonly prints: string | RegExp;
  readonly exitCode?: number;
}

function asked({ method, url, body }: SeenRequest): string {
  return `${method} ${decodeURIComponent(url)}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`;
}

const HOSTS = 'GET /v1/edge/hosts?name=web-1&limit=200';
const HOSTS_BY_ID = `GET /v1/edge/hosts?node_id=${A}&limit=200`;

const cases: readonly Case[] = [
  // ---- edge fleet
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
  // ---- Edge Admin
  {
    line: 'nodes list --status healthy --cluster home --where version=1.* --sort -last_seen_at --sort status',
    routes: { 'GET /api/v1/nodes': page(node), 'GET /v1/edge/hosts': hosts },
    asks: [
      'GET /api/v1/nodes?page_size=100&status=healthy&cluster_name=home&version=1.*&order_by=last_seen_at,status&order_directions=desc,asc&page=1',
      HOSTS_BY_ID,
    ],
    prints: `NAME\tID\tSTATUS\tCLUSTER\tOS/ARCH\tVERSION\tTAGS\tSEEN\nweb-1\t${A}\thealthy\thome\tlinux/x86_64\t1.0\tprod\t${AT}\n`,
  },
  {
    line: 'nodes move web-1 staging',
    routes: {
      'GET /v1/edge/hosts': hosts,
      [`PATCH /api/v1/nodes/${A}/change_cluster`]: one({ ...node, cluster_name: 'staging' }),
    },
    asks: [HOSTS, `PATCH /api/v1/nodes/${A}/change_cluster {"cluster_name":"staging"}`],
    prints: 'web-1 is in staging now\n',
  },
  {
    line: `nodes rm n-${A} --even-degraded`,
    routes: { [`DELETE /api/v1/nodes/${A}`]: {} },
    asks: [`DELETE /api/v1/nodes/${A}?even_degraded=true`],
    prints: `removed n-${A}\n`,
  },
  {
    line: 'clusters create staging --range 100.64.0.0/24 --limit 5',
    routes: { 'POST /api/v1/clusters': one(cluster, 201) },
    asks: ['POST /api/v1/clusters {"name":"staging","ipv4_range":"100.64.0.0/24","node_limit":5}'],
    prints: 'created staging (100.64.0.0/24)\n',
  },
  {
    line: 'clusters update staging --limit none',
    routes: { 'PATCH /api/v1/clusters/staging': one(cluster) },
    asks: ['PATCH /api/v1/clusters/staging {"node_limit":null}'],
    prints: 'staging takes any number of nodes now\n',
  },
  {
    line: 'clusters rm staging',
    routes: { 'DELETE /api/v1/clusters/staging': {} },
    asks: ['DELETE /api/v1/clusters/staging'],
    prints: 'removed staging\n',
  },
  {
    line: 'keys create --cluster edge --name rollout --uses unlimited --expires 2027-01-01',
    routes: { 'POST /api/v1/clusters/edge/enrollment_keys': one(key, 201) },
    asks: [
      'POST /api/v1/clusters/edge/enrollment_keys {"name":"rollout","uses_remaining":null,"expired_at":"2027-01-01T00:00:00.000Z"}',
    ],
    prints: 'blob==\n',
  },
  {
    line: 'keys create',
    routes: { 'POST /api/v1/clusters/default/enrollment_keys': one(key, 201) },
    asks: ['POST /api/v1/clusters/default/enrollment_keys {}'],
    prints: 'blob==\n',
  },
  {
    line: 'keys create --tag web --tag eu',
    routes: {
      'POST /api/v1/clusters/default/enrollment_keys': {
        status: 403,
        json: { errors: [{ detail: 'no default cluster' }] },
      },
      'GET /api/v1/clusters': page({ name: 'home' }),
      'POST /api/v1/clusters/home/enrollment_keys': one(key, 201),
    },
    asks: [
      'POST /api/v1/clusters/default/enrollment_keys {"tags":["web","eu"]}',
      'GET /api/v1/clusters?page_size=100&page=1',
      'POST /api/v1/clusters/home/enrollment_keys {"tags":["web","eu"]}',
    ],
    prints: 'blob==\n',
  },
  {
    line: 'keys update k1 --uses 3 --expires never --name ',
    routes: { 'PATCH /api/v1/enrollment_keys/k1': one(key) },
    asks: ['PATCH /api/v1/enrollment_keys/k1 {"name":null,"uses_remaining":3,"expired_at":null}'],
    prints: 'changed k1\n',
  },
  {
    line: 'webhooks list --where event_type=edge.node.registered',
    routes: { 'GET /api/v1/webhooks': page(webhook) },
    asks: ['GET /api/v1/webhooks?page_size=100&include_native=true&event_type=edge.node.registered&page=1'],
    prints: /a\.example.*1.*well.*0/s,
  },
  {
    line: `webhooks show ${B}`,
    routes: { [`GET /api/v1/webhooks/${B}`]: one({ ...webhook, paused_at: AT, pause_reason: 'too long' }) },
    asks: [`GET /api/v1/webhooks/${B}`],
    prints: /paused[\s\S]*too long/,
  },
  {
    line: `webhooks create https://a.example/hook --type run.* --type edge.node.registered --secret-file ${SECRET_FILE}`,
    routes: { 'POST /v1/webhooks': { status: 201, json: { ...webhook, types: [] } } },
    asks: [
      `POST /v1/webhooks {"url":"https://a.example/hook","secret":"${'s'.repeat(32)}","types":["run.*","edge.node.registered"]}`,
    ],
    prints: `${B}\n`,
  },
  {
    line: `webhooks create https://a.example/hook --event edge.node.registered --secret-file ${SECRET_FILE}`,
    routes: { 'POST /api/v1/webhooks': one(webhook, 201) },
    asks: [
      `POST /api/v1/webhooks {"url":"https://a.example/hook","secret":"${'s'.repeat(32)}","subscribed_events":["edge.node.registered"]}`,
    ],
    prints: `${B}\n`,
  },
  {
    line: `webhooks update ${B} --type run.* --url https://b.example/`,
    routes: { [`PATCH /v1/webhooks/${B}`]: { status: 200, json: { ...webhook, types: [] } } },
    asks: [`PATCH /v1/webhooks/${B} {"url":"https://b.example/","types":["run.*"]}`],
    prints: `changed ${B}\n`,
  },
  {
    line: 'webhooks types',
    routes: { 'GET /v1/event_types': { status: 200, json: { items: ['edge.a', 'garrison.b'] } } },
    asks: ['GET /v1/event_types'],
    prints: 'edge.a\ngarrison.b\n',
  },
  {
    line: `webhooks delete ${B}`,
    routes: { [`DELETE /api/v1/webhooks/${B}`]: { status: 204 } },
    asks: [`DELETE /api/v1/webhooks/${B}`],
    prints: `deleted ${B}\n`,
  },
  {
    line: `webhooks test ${B}`,
    routes: { [`POST /api/v1/webhooks/${B}/test`]: one({ event_id: A }, 202) },
    asks: [`POST /api/v1/webhooks/${B}/test`],
    prints: `${A}\n`,
  },
  {
    line: `webhooks redeliver ${B} --event ${A}`,
    routes: { [`POST /api/v1/webhooks/${B}/redeliver`]: one({ queued: 1 }, 202) },
    asks: [`POST /api/v1/webhooks/${B}/redeliver {"event_id":"${A}"}`],
    prints: '1 events are sent again\n',
  },
  {
    line: `webhooks pause ${B} --reason maintenance`,
    routes: { [`POST /api/v1/webhooks/${B}/pause`]: one(webhook) },
    asks: [`POST /api/v1/webhooks/${B}/pause {"reason":"maintenance"}`],
    prints: `paused ${B}\n`,
  },
  {
    line: `webhooks resume ${B}`,
    routes: { [`POST /api/v1/webhooks/${B}/resume`]: one(webhook) },
    asks: [`POST /api/v1/webhooks/${B}/resume`],
    prints: `resumed ${B}\n`,
  },
  {
    line: 'aliases create web-1 frontdoor',
    routes: {
      'GET /v1/edge/hosts': hosts,
      [`POST /api/v1/nodes/${A}/aliases`]: one({ vpn_hostname: 'node-frontdoor.x' }, 201),
    },
    asks: [HOSTS, `POST /api/v1/nodes/${A}/aliases {"name":"frontdoor"}`],
    prints: 'node-frontdoor.x is web-1 now\n',
  },
  {
    line: `commands run uptime --on @${A} --on @n-${B} --filter status=healthy --filter self_update_enabled=true --timeout 10s --expires 2027-01-01`,
    routes: { 'POST /api/v1/commands': one({ id: 'c1' }, 201) },
    asks: [
      `POST /api/v1/commands {"command_text":"uptime","targeting":{"type":"nodes","node_ids":["${A}","${B}"],"node_filters":{"status":"healthy","self_update_enabled":true}},"timeout":10000,"expired_at":"2027-01-01T00:00:00.000Z"}`,
    ],
    prints: 'c1\n',
  },
  {
    line: 'commands run uptime --on cluster:a --on cluster:b --cluster-filter node_count__gte=3',
    routes: { 'POST /api/v1/commands': one({ id: 'c1' }, 201) },
    asks: [
      'POST /api/v1/commands {"command_text":"uptime","targeting":{"type":"clusters","cluster_names":["a","b"],"cluster_filters":{"node_count__gte":3}}}',
    ],
    prints: 'c1\n',
  },
  {
    line: 'executions list --command c1 --status completed --limit 1',
    routes: { 'GET /api/v1/command_executions': page(execution, execution) },
    asks: ['GET /api/v1/command_executions?page_size=100&command_id=c1&status=completed&page=1'],
    prints: `ID\tSTATUS\tEXIT\tNODE\tCOMMAND\tENDED\n${B}\tcompleted\t0\t${A}\techo hi\t${AT}\n`,
  },
  {
    line: `executions output ${B}`,
    routes: { [`GET /api/v1/command_executions/${B}`]: one(execution) },
    asks: [`GET /api/v1/command_executions/${B}`],
    prints: 'hi\n',
  },
  {
    line: 'executions cancel e1 e2',
    routes: {
      'PATCH /api/v1/command_executions/e1/cancel': one({ result: 'execution cancelled' }),
      'PATCH /api/v1/command_executions/e2/cancel': one({ result: 'cancellation request sent' }),
    },
    asks: ['PATCH /api/v1/command_executions/e1/cancel', 'PATCH /api/v1/command_executions/e2/cancel'],
    prints: 'e1: execution cancelled\ne2: cancellation request sent\n',
  },
  {
    line: 'executions cancel --command c1',
    routes: {
      'GET /api/v1/command_executions': {
        by: ({ url }) => page({ ...execution, id: url.includes('status=sent') ? 'e2' : 'e1' }),
      },
      'PATCH /api/v1/command_executions/e1/cancel': {
        status: 503,
        json: { error: { code: 'service_unavailable', message: 'the node is away' } },
      },
      'PATCH /api/v1/command_executions/e2/cancel': one({ result: 'execution cancelled' }),
    },
    asks: [
      'GET /api/v1/command_executions?page_size=100&command_id=c1&status=pending&page=1',
      'GET /api/v1/command_executions?page_size=100&command_id=c1&status=sent&page=1',
      'PATCH /api/v1/command_executions/e1/cancel',
      'PATCH /api/v1/command_executions/e2/cancel',
    ],
    prints: 'e1: the node is away\ne2: execution cancelled\n',
  },
  {
    line: `nodes metrics ${A}`,
    routes: {
      [`GET /api/v1/nodes/${A}/metrics`]: one({
        ...measured,
        host: { available: true, ...hostFigures },
        agent: { available: true, ...agentFigures },
      }),
    },
    asks: [`GET /api/v1/nodes/${A}/metrics`],
    prints: lines('cluster\thome', `told\t${AT}`, ...hostLines, ...agentLines),
  },
  {
    line: 'nodes metrics web-1 --only host',
    routes: {
      'GET /v1/edge/hosts': hosts,
      [`GET /api/v1/nodes/${A}/metrics/host`]: { json: { ...measured, ...hostFigures } },
    },
    asks: [HOSTS, `GET /api/v1/nodes/${A}/metrics/host`],
    prints: lines(`told\t${AT}`, ...hostLines),
  },
  {
    line: `nodes metrics ${A} --only agent`,
    routes: { [`GET /api/v1/nodes/${A}/metrics/agent`]: one({ ...measured, ...agentFigures }) },
    asks: [`GET /api/v1/nodes/${A}/metrics/agent`],
    prints: lines(`told\t${AT}`, ...agentLines),
  },
  {
    line: `nodes metrics ${B}`,
    routes: {
      [`GET /api/v1/nodes/${B}/metrics`]: one({ ...measured, host: { available: false }, agent: { available: false } }),
    },
    asks: [`GET /api/v1/nodes/${B}/metrics`],
    prints: lines('cluster\thome', 'told\tnot in the last five minutes'),
  },
  {
    line: 'admins metrics',
    routes: {
      'GET /api/v1/admins/me/metrics': one({
        timestamp: AT,
        application,
        commands: { execution_delivered_total: 9, execution_completed_total: 8 },
        database: { connections: { total: 3, idle: 2, waiting: 0 } },
        event_streams: { open: 1 },
        metadata: { assigned_clusters: 2, orphaned_clusters: 0, degraded: false },
        queues: [{ queue: 'audit', waiting: 4 }],
        sessions: { open: 5 },
      }),
    },
    asks: ['GET /api/v1/admins/me/metrics'],
    prints: lines(
      'process\tup 5h 25m, 80.0 MiB, 12.5 s of processor',
      'sessions\t5',
      'executions\t9 delivered, 8 ended',
      'clusters\t2 here, 0 without a controller',
      'state\troom for all',
      'event streams\t1',
      'database\t3 total, 2 idle, 0 waiting',
      'waiting: audit\t4',
    ),
  },
  {
    line: 'admins clusters',
    routes: { 'GET /api/v1/admins/edge_clusters': one({ 'admin-a': { 'cluster-x': ['n1', 'n2'] } }) },
    asks: ['GET /api/v1/admins/edge_clusters'],
    prints: 'CONTROLLER\tCLUSTER\tNODES\nadmin-a\tcluster-x\t2\n',
  },
  // ---- outposts, organisations
  {
    line: 'outposts list',
    routes: { 'GET /v1/orgs/org-1/outposts': { json: [outpost] } },
    asks: ['GET /v1/orgs/org-1/outposts'],
    prints: `NAME\tID\tSTATUS\tREGION\tENVIRONMENT\tVERSION\tSEEN\tCERTIFICATE ENDS\neu-1\t${B}\tactive\teu\t-\t-\t-\t2026-04-01T00:00:00Z\n`,
  },
  {
    line: 'outposts deregister eu-1',
    routes: {
      'GET /v1/orgs/org-1/outposts': { json: [{ ...outpost, id: A, status: 'deregistered' }, outpost] },
      [`DELETE /v1/orgs/org-1/outposts/${B}`]: {},
    },
    asks: ['GET /v1/orgs/org-1/outposts', `DELETE /v1/orgs/org-1/outposts/${B}`],
    prints: 'deregistered eu-1\n',
  },
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
  // ---- tokens, audit, certificates
  {
    line: 'tokens create --name ci --scope a --scope b --expires 2027-01-01 --kind scoped',
    routes: { 'POST /v1/keys': { status: 201, json: { id: 'k1', api_key: 'grn_1' } } },
    asks: ['POST /v1/keys {"kind":"scoped","name":"ci","scopes":["a","b"],"expires_at":"2027-01-01T00:00:00.000Z"}'],
    prints: 'grn_1\n',
  },
  {
    line: 'orgs keys create o1 --kind otp --scope dispatch',
    routes: { 'POST /v1/orgs/o1/keys': { status: 201, json: { id: 'k1', api_key: 'otp_1' } } },
    asks: ['POST /v1/orgs/o1/keys {"kind":"otp","scopes":["dispatch"]}'],
    prints: 'otp_1\n',
  },
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
  {
    line: 'nodes waiting',
    routes: {
      'GET /v1/waiting_nodes': {
        json: {
          items: [{ node_id: A, hostname: 'web-1', address: '192.0.2.7', first_seen_at: AT, last_seen_at: AT }],
          next_cursor: null,
        },
      },
    },
    asks: ['GET /v1/waiting_nodes?limit=200'],
    prints: `ID\tHOST\tADDRESS\tSINCE\tSEEN\n${A}\tweb-1\t192.0.2.7\t${AT}\t${AT}\n`,
  },
  {
    line: `nodes admit ${A}`,
    routes: { 'POST /v1/waiting_nodes/admissions': { status: 204 } },
    asks: [`POST /v1/waiting_nodes/admissions {"node_id":"${A}"}`],
    prints: `admitted ${A}; it connects within a minute\n`,
  },
  {
    line: `certs list --node ${A} --ends-within 36h --all`,
    routes: {
      'GET /v1/certificates': {
        json: {
          items: [
            { serial: '1A', purpose: 'node', subject: 'CN=a', revoked_at: AT, not_after: AT },
            { serial: '1B', purpose: 'node', subject: 'CN=a', revoked_at: null, not_after: '2026-01-02T00:00:00Z' },
          ],
          next_cursor: null,
        },
      },
    },
    asks: [`GET /v1/certificates?node_id=${A}&ends_within_days=2&with_old=true&limit=200`],
    prints: `SERIAL\tPURPOSE\tSUBJECT\tSTATE\tENDS\n1A\tnode\tCN=a\trevoked\t${AT}\n1B\tnode\tCN=a\tvalid\t2026-01-02T00:00:00Z\n`,
  },
  {
    line: 'certs rotate-intermediate',
    routes: { 'POST /v1/authorities/rotate-intermediate': { status: 201, json: { id: 'i2', not_after: AT } } },
    asks: ['POST /v1/authorities/rotate-intermediate'],
    prints: `intermediate i2 signs now, until ${AT}\n`,
  },
];

test.each(cases)('garrison $line', async ({ line, routes, asks, prints, exitCode = 0 }) => {
  const { server, session } = await setup(routes);
  const result = await session.run(...line.split(' '));
  expect(result.stderr).not.toContain('error:');
  expect(new Set(server.requests.map(asked))).toEqual(new Set(asks));
  if (typeof prints === 'string') expect(result.stdout).toBe(prints);
  else expect(result.stdout).toMatch(prints);
  expect(result.exitCode).toBe(exitCode);
  expect(
    server.requests.every(
      ({ headers }) => headers.authorization === 'Bearer the-key' || headers['x-api-key'] === 'the-key',
    ),
  ).toBe(true);
});

describe('forms of the answer', () => {
  test('JSON is the answer of the server', async () => {
    const { session } = await setup({ 'GET /v1/edge/groups': groups });
    expect(JSON.parse((await session.run('edge', 'group', 'ls', '-o', 'json')).stdout)).toEqual([group]);
  });

  test('YAML says the same', async () => {
    const { session } = await setup({ 'GET /v1/edge/groups': groups });
    const { stdout } = await session.run('--output=yaml', 'edge', 'group', 'ls');
    expect((await import('yaml')).parse(stdout)).toEqual([group]);
  });

  test('a person sees times from now, and a sentence instead of an empty table', async () => {
    const now = () => new Date('2026-01-01T00:05:00Z');
    const { session } = await setup(
      { 'GET /v1/edge/hosts': hosts, 'GET /v1/edge/groups': { json: { items: [] } } },
      { isTerminal: true, now },
    );
    expect((await session.run('edge', 'ls')).stdout).toContain('5m ago');
    expect((await session.run('edge', 'group', 'ls')).stdout).toBe(
      'No groups. garrison edge group create NAME FRAGMENT… makes one.\n',
    );
  });

  test('the tokens of a node are shown only when they are asked for', async () => {
    const { session } = await setup({
      'GET /api/v1/nodes': page(node),
      [`GET /api/v1/nodes/${A}`]: one(node),
      'GET /v1/edge/hosts': hosts,
    });
    for (const line of ['nodes list -o json', `nodes show ${A}`, `nodes show ${A} -o yaml`]) {
      expect((await session.run(...line.split(' '))).stdout).not.toContain('of-node');
    }
    expect((await session.run('nodes', 'show', A, '--show-secrets')).stdout).toContain('token-of-node');
  });

  test('a key for no cluster in particular says which clusters there are', async () => {
    const { session } = await setup({
      'POST /api/v1/clusters/default/enrollment_keys': { status: 403, json: { errors: [{ detail: 'no default' }] } },
      'GET /api/v1/clusters': page({ name: 'home' }, { name: 'edge' }),
    });
    expect(await session.run('keys', 'create')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--cluster: home, edge'),
    });
  });

  test('enrolment keys are listed without the keys', async () => {
    const { session } = await setup({
      'GET /api/v1/enrollment_keys': page(key),
      'GET /api/v1/enrollment_keys/k': one(key),
    });
    expect((await session.run('keys', 'list', '-o', 'json')).stdout).not.toContain('blob==');
    expect((await session.run('keys', 'list', '-o', 'json', '--show-secrets')).stdout).toContain('blob==');
    expect((await session.run('keys', 'show', 'k')).stdout).toContain('blob==');
  });

  test('a QR code is drawn for a person, the token alone goes to the pipe', async () => {
    const issued = {
      token: 'a.b.c',
      expires_at: AT,
      controller_endpoint: 'h:1',
      qr_payload: 'aegis-edge-enroll://a.b.c',
    };
    const { session } = await setup({ 'POST /v1/edge/enrollment-tokens': { status: 201, json: issued } });
    const { stdout, stderr } = await session.run('edge', 'enroll-token', '--qr');
    expect(stdout).toBe('a.b.c\n');
    expect(stderr).toContain('▄▄▄▄▄▄▄');
  });

  test('pages are walked to the end', async () => {
    const { session, server } = await setup({
      'GET /api/v1/clusters': {
        by: ({ url }) => ({
          json: {
            data: [{ ...cluster, name: url.includes('page=2') ? 'second' : 'first' }],
            meta: { pagination: { next_page: url.includes('page=2') ? null : 2 } },
          },
        }),
      },
    });
    expect((await session.run('clusters', 'list')).stdout).toMatch(/first.*second/s);
    expect(server.requests).toHaveLength(2);
    await session.run('clusters', 'list', '--limit', '1');
    expect(server.requests).toHaveLength(3);
  });
});

test.each([
  ['ca', '/pki/ca.pem'],
  ['crl', '/pki/crl.pem'],
])('garrison certs %s prints what everybody may read, and shows no key for it', async (what, path) => {
  const { server, session } = await setup({ [`GET ${path}`]: (response, _) => response.end('-----BEGIN …\n') });
  expect((await session.run('certs', what)).stdout).toBe('-----BEGIN …\n');
  expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  expect(server.requests[0]?.headers).not.toHaveProperty('x-api-key');
});

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

describe('what goes wrong', () => {
  test('a refusal is told with its fields, its request, and 1', async () => {
    const { session } = await setup({
      'POST /api/v1/clusters': {
        status: 422,
        json: {
          error: { code: 'validation_failed', message: 'Validation failed', details: { name: ['is reserved'] } },
        },
        headers: { 'x-request-id': 'r-1' },
      },
    });
    const { exitCode, stderr, stdout } = await session.run('clusters', 'create', 'default');
    expect({ exitCode, stderr, stdout }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: Validation failed\n  name: is reserved\n(request r-1)\n',
    });
  });

  test.each([
    [401, 'unauthorized', 'does not know this key'],
    [403, 'insufficient_scope', 'lacks the scope'],
  ])('%i ends with 3 and says what to do', async (status, code, advice) => {
    const { session } = await setup({ 'GET /v1/edge/groups': { status, json: { title: 'No', code } } });
    const { exitCode, stderr } = await session.run('edge', 'group', 'ls');
    expect(exitCode).toBe(3);
    expect(stderr).toContain(advice);
  });

  test('for a program errors are a line of JSON on standard error', async () => {
    const { session } = await setup({});
    const { exitCode, stdout, stderr } = await session.run('edge', 'show', A, '--output', 'json');
    expect([exitCode, stdout]).toEqual([5, '']);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'not_found', message: 'there is no such thing', exit_code: 5 },
    });
  });

  test('a controller that is not there is named, with what to do', async () => {
    const { session, server } = await setup({});
    await server.close();
    const { exitCode, stderr } = await session.run('edge', 'ls');
    expect(exitCode).toBe(10);
    expect(stderr).toContain(`cannot reach the controller at ${server.url}: connection refused`);
    expect(stderr).toContain('garrison up');
  });

  test('without a key nothing is sent', async () => {
    const session = await cliSession();
    open.push(session);
    const { exitCode, stderr } = await session.run('nodes', 'list');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('--key or GARRISON_KEY');
  });

  test('an audit log that was touched is a failure', async () => {
    const { session } = await setup({
      'GET /v1/audit/verification': { json: { ...WHOLE, is_intact: false, broken_at: 8, reason: 'removed' } },
    });
    const { exitCode, stderr } = await session.run('audit', 'verify');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('row 8 is not there');
    expect(stderr).toContain(`7 rows, up to 7:${HASH}`);
  });

  test.each([
    ['edge group update dbs', 'nothing to change'],
    ['keys update k1', 'nothing to change'],
    ['executions cancel', 'say what to cancel'],
    ['commands run x --on all --on @a', 'all is every node already'],
    ['commands run x --on web(', 'what is web'],
    ['nodes list --on a!', 'a set has to follow'],
    ['keys create --uses 0', 'whole number'],
    ['edge group create x web', 'what is web?'],
  ])('%s is a wrong line', async (line, problem) => {
    const { session, server } = await setup({});
    const { exitCode, stderr } = await session.run(...line.split(' '));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
    expect(server.requests).toEqual([]);
  });
});

describe('commands run --watch', () => {
  function executions(states: readonly (readonly object[])[]): Routes {
    let look = 0;
    return {
      'POST /api/v1/commands': one({ id: 'c1' }, 201),
      'GET /v1/edge/hosts': hosts,
      'GET /api/v1/command_executions': {
        by: ({ url }) => {
          const all = (states[Math.min(look, states.length - 1)] ?? []) as { status: string }[];
          const wanted = new URLSearchParams(url.split('?')[1]).get('status');
          const found = all.filter(({ status }) => wanted === null || wanted === status);
          if (wanted === null) look += 1;
          return page(...found);
        },
      },
    };
  }

  test('tells each machine when it has ended, once, and ends as they did', async () => {
    const waiting = { ...execution, id: 'e2', node_id: B, status: 'sent', output: null, exit_code: null };
    const failed = { ...waiting, status: 'completed', exit_code: 3, output: 'broken\nbadly\n' };
    const { session } = await setup(
      executions([
        [execution, waiting],
        [execution, waiting],
        [execution, failed],
      ]),
    );
    const { exitCode, stdout, stderr } = await session.run('commands', 'run', 'echo hi', '--on', 'all', '--watch');
    expect(stdout).toBe(`[web-1] hi\n[${B}] broken\n[${B}] badly\n`);
    expect(stderr).toBe(`[web-1] completed (exit=0)\n[${B}] failed (exit=3)\ncommand c1: 1 ok, 1 failed\n`);
    expect(exitCode).toBe(1);
  });

  test.each([
    [[{ ...execution, status: 'expired', exit_code: null, output: null }], 8],
    [[{ ...execution, status: 'cancelled', exit_code: 143 }], 7],
    [[], 5],
    [[execution], 0],
  ])('%# ends with its own code', async (states, code) => {
    const { session } = await setup(executions([states]));
    expect((await session.run('commands', 'run', 'x', '--on', 'all', '-w', '-o', 'json')).exitCode).toBe(code);
  });
});
