import { execFile } from 'node:child_process';
import { existsSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';
import { garrison } from '#test/support/program.ts';
import type { Step } from './power-cut.ts';

const execute = promisify(execFile);
const releases = new NodeReleases();
const POWER_CUT = new URL('power-cut.ts', import.meta.url).href;
const TO = '9.1.0';

/** Where the power goes, and what the node tells of its update afterwards. */
const STEPS: readonly (Step & { readonly ends: RegExp })[] = [
  { call: 'write', path: '/journal.log', text: '"kind":"started"', when: 'after', ends: /failed .*daemon_crashed/ },
  { call: 'rename', path: '/probation', when: 'after', ends: /failed .*update_failed, .*did not take its place/ },
  { call: 'rename', path: '/current', when: 'after', ends: /updated/ },
  { call: 'remove', path: '/probation', when: 'after', ends: /updated/ },
  { call: 'write', path: '/journal.log', text: '"kind":"finished"', when: 'before', ends: /updated/ },
];

interface Node {
  readonly name: string;
  readonly home: string;
  readonly file: string;
  readonly step: (typeof STEPS)[number];
}

let site: Installation;
let nodes: readonly Node[] = [];

beforeAll(async () => {
  [site] = await Promise.all([Installation.start(), releases.build()]);
  await cli('releases', 'key', 'set', `${releases.key}.pub`);
  nodes = await Promise.all(STEPS.map((step, index) => addNode(`node-${index}`, step)));
});
afterAll(async () => {
  await Promise.all((site?.daemons ?? []).map((daemon) => daemon.stop()));
  await site?.close();
  releases.remove();
});

async function addNode(name: string, step: Node['step']): Promise<Node> {
  const { program, path: home } = releases.install(name);
  const file = join(home, 'power-cut.json');
  const env = { SELF_UPDATE_ENABLED: 'true', NODE_OPTIONS: `--import ${POWER_CUT}`, POWER_CUT_FILE: file };
  await site.addNode(name, {}, program, env);
  return { name, home, file, step };
}

async function cli(...args: string[]): Promise<string> {
  const { api, masterKey } = site.ready;
  const env = { ...process.env, GARRISON_API: api, GARRISON_KEY: masterKey, XDG_CONFIG_HOME: site.directory };
  return (await execute(garrison, args, { env })).stdout;
}

async function healthyVersions(): Promise<Map<string, string>> {
  const healthy = await site.admin<{ data: { id: string; version: string }[] }>(
    'GET',
    '/api/v1/nodes?status=healthy&page_size=100',
  );
  return new Map(healthy.body.data.map(({ id, version }) => [id, version]));
}

interface Failure {
  readonly node_name: string | null;
  readonly code: string;
}

test('the power goes at every step of an update: each node works afterwards, and says what became of it', async () => {
  await cli('releases', 'publish', await releases.bundle(TO));
  for (const { file, step } of nodes) writeFileSync(file, JSON.stringify(step));
  const made = await site.admin<{ data: { id: string } }>('POST', '/api/v1/self_update_requests', {
    targeting: { type: 'all' },
  });
  for (const { name, file } of nodes) await until(`the power of ${name} has gone`, () => !existsSync(file));
  await until('every node works again', async () => (await healthyVersions()).size === nodes.length);
  await until('nothing is on probation', () => nodes.every(({ home }) => !existsSync(join(home, 'probation'))));
  const request = `/api/v1/self_update_requests/${made.body.data.id}`;
  let failures: readonly Failure[] = [];
  await until('the request knows the end of each', async () => {
    const { body } = await site.admin<{ data: { progress: Record<string, number>; failures: Failure[] } }>(
      'GET',
      request,
    );
    failures = body.data.failures;
    return (body.data.progress.updated ?? 0) + (body.data.progress.failed ?? 0) === nodes.length;
  });
  const versions = [...(await healthyVersions()).values()];
  expect(versions.filter((version) => version === TO)).toHaveLength(
    nodes.filter(({ home }) => readlinkSync(join(home, 'current')).startsWith(TO)).length,
  );
  const shown = await Promise.all(
    nodes.map(async ({ name, step }) => {
      const text = await cli('nodes', 'show', name);
      return [`${step.when} ${step.call} ${step.path}: ${/^last update\t(.*)$/m.exec(text)?.[1]}`, step.ends] as const;
    }),
  );
  for (const [told, ends] of shown) expect(told).toMatch(ends);
  expect(failures).toHaveLength(shown.filter(([told]) => told.includes(' failed ')).length);
});
