import { A, AT, application, B, HOSTS, hosts, lines, node, one, page, runCases } from '#test/support/cli-cases.ts';

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

const HOSTS_BY_ID = `GET /v1/edge/hosts?node_id=${A}&limit=200`;

runCases([
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
]);
