import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EdgeAdminApp, edgeAdminApp, METRICS_KEY } from '#test/support/edge-admin-app.ts';

const hasPrometheus = ['prometheus', 'promtool'].every((program) => spawnSync(program, ['--version']).status === 0);

let admin: EdgeAdminApp;
let origin: string;
let directory: string;
let prometheus: ChildProcess | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'garrison-prometheus-'));
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  admin = await edgeAdminApp({}, {}, origin);
  await admin.app.listen({ host: '127.0.0.1', port });
});
afterAll(async () => {
  if (prometheus !== undefined && prometheus.exitCode === null) {
    const ended = new Promise((resolve) => prometheus?.once('exit', resolve));
    prometheus.kill('SIGKILL');
    await ended;
  }
  await admin.close();
  await rm(directory, { recursive: true, force: true });
});

test.skipIf(!hasPrometheus)('promtool has nothing to say against what a host and its daemon tell', async () => {
  const [node] = await reportingNodes(['checked']);
  for (const type of ['host', 'agent']) {
    const { body } = await admin.call('GET', `/api/v1/nodes/${node?.nodeId}/metrics/${type}/raw`);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    const complaints = checked.stderr.split('\n').filter((line) => line !== '' && !NAMES_OF_NODE_EXPORTER.test(line));
    expect(complaints).toEqual([]);
  }
});

/** It has capital letters in names of memory, which promtool does not like. */
const NAMES_OF_NODE_EXPORTER = /^node_memory_\w+_bytes metric names should be written in 'snake_case'/;

test.skipIf(!hasPrometheus)(
  'a real Prometheus discovers two nodes and scrapes them',
  async () => {
    const nodes = await reportingNodes(['first', 'second']);
    const port = await freePort();
    const authorization = `authorization: { type: Bearer, credentials: ${METRICS_KEY} }`;
    const jobs = ['host', 'agent'].map(
      (type) => `
  - job_name: ${type}
    ${authorization}
    http_sd_configs:
      - url: ${origin}/api/v1/nodes/metrics/${type}/discovery
        refresh_interval: 1s
        ${authorization}`,
    );
    await writeFile(join(directory, 'p.yml'), `global: { scrape_interval: 1s }\nscrape_configs:${jobs.join('')}\n`);
    prometheus = spawn(
      'prometheus',
      [
        `--config.file=${join(directory, 'p.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const query = async (text: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`);
      const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
      return data.result.map(({ metric }) => metric.node_id);
    };
    for (const text of ['node_load1 == 1.2', 'garrison_daemon_executions{state="running"} == 2']) {
      const expected = expect.arrayContaining(nodes.map(({ nodeId }) => nodeId));
      await vi.waitFor(async () => expect(await query(text)).toEqual(expected), { timeout: 60_000, interval: 200 });
    }
  },
  130_000,
);

async function reportingNodes(names: readonly string[]) {
  const nodes = await admin.connect(names.map((name) => ({ name })));
  for (const node of nodes) await admin.report(node);
  return nodes;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
