import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 3 });
  const nodes = await json('nodes', 'list');
  const named = nodes.map((node: { id: string }, at: number) => run('edge', 'rename', node.id, `web-${at + 8}`));
  expect((await Promise.all(named)).map(({ code }) => code)).toEqual([0, 0, 0]);
});

afterAll(() => site.close());

async function run(...args: string[]) {
  const { api, edgeToken, apiKey } = site.ready;
  const env = {
    PATH: process.env.PATH,
    HOME: site.directory,
    GARRISON_API: api,
    GARRISON_TOKEN: edgeToken,
    GARRISON_KEY: apiKey,
  };
  const running = promisify(execFile)(garrison, args, { env, timeout: 60_000, killSignal: 'SIGKILL' });
  running.child.stdin?.end('from standard input');
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

const json = async (...args: string[]) => JSON.parse((await run(...args, '-o', 'json')).stdout);

/** Names of the nodes on which an order with this target runs. */
async function ranOn(on: string): Promise<string[]> {
  const { stdout } = await run('run', 'true', '--on', on, '-o', 'json');
  return JSON.parse(stdout).nodes.map((node: { name: string }) => node.name);
}

test('one grammar says where in every command', async () => {
  expect(await ranOn('web-[8-9]')).toEqual(['web-8', 'web-9']);
  expect(await ranOn('web-*!web-9')).toEqual(['web-10', 'web-8']);
  expect(await ranOn('all&web-10')).toEqual(['web-10']);

  const hosts = join(site.directory, 'hosts.txt');
  await writeFile(hosts, '# two of them\nweb-8\nweb-10\n');
  expect(await ranOn(`@file:${hosts}`)).toEqual(['web-10', 'web-8']);

  const listed = await json('nodes', 'list', '--on', 'web-*!web-[8-9]');
  expect(listed.map((node: { name: string }) => node.name)).toEqual(['web-10']);

  const ordered = await json('commands', 'run', 'true', '--on', 'web-[8-9]');
  expect(ordered.targeting.node_ids).toHaveLength(2);
});

test('a name that no node has stops everything before it starts', async () => {
  const { code, stderr } = await run('run', 'touch ran', '--on', 'web-[8-12]');
  expect([code, stderr]).toEqual([5, expect.stringContaining('there is no host called web-11, web-12')]);
  expect((await run('run', 'true', '--on', 'web-[8-9', '--fold')).code).toBe(2);
});

test('below the floor is below the floor, on one named node too', async () => {
  expect((await run('run', 'true', '--on', 'web-8', '--require-min', '2')).code).toBe(9);
});

test('a script has arguments and standard input; a run is given again where it failed', async () => {
  const script = 'read -r line; echo "$1: $line"; [ -e "$2" ] || exit 3';
  const marker = join(site.directory, 'marker');
  const first = await run('run', script, '--on', 'web-[8-9]', '--stdin', '-o', 'json', '--', 'said', marker);
  expect(first.code).toBe(1);
  const { fleet_command_id: id, nodes } = JSON.parse(first.stdout);
  expect(nodes[0].stdout).toBe('said: from standard input\n');

  await writeFile(marker, '');
  const again = await run('runs', 'rerun', id, '--failed', '-o', 'json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout).nodes.map((node: { stdout: string }) => node.stdout)).toEqual([
    'said: from standard input\n',
    'said: from standard input\n',
  ]);
  const nothing = await run('runs', 'rerun', JSON.parse(again.stdout).fleet_command_id, '--failed');
  expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('nothing to repeat')]);
});

test('a revoked node is removed by its name', async () => {
  expect((await run('edge', 'revoke', 'web-10')).code).toBe(0);
  expect((await run('nodes', 'rm', 'web-10')).code).toBe(0);
  expect(await json('nodes', 'list')).toHaveLength(2);
});
