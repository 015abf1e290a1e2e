/** A backup is restored that is older than a node: nobody is revoked by it. As docs/operations/backup-and-restore.md tells it. */
import { execFile } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start();
  await site.addNode('older');
});

afterAll(() => site.close());

async function cli(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(garrison, words, {
    env: { ...process.env, GARRISON_API: site.ready.api, GARRISON_KEY: site.ready.masterKey },
  });
  return stdout;
}

test('nodes of the backup come back by themselves; one that joined after it waits at the door, and is let in by one command', async () => {
  const file = join(site.directory, 'garrison.backup');
  await cli('backup', '--out', file, '--data-dir', site.dataDir);
  const younger = await site.addNode('younger');

  await site.stopController();
  const old = join(site.directory, 'old');
  renameSync(site.dataDir, old);
  await cli('restore', file, '--data-dir', site.dataDir);
  for (const key of ['secret.key', 'master.key']) copyFileSync(join(old, key), join(site.dataDir, key));
  await site.startController();

  await site.untilConnected(['older']);
  await until('the younger one waits', async () => waiting().then(({ length }) => length === 1));
  expect(younger.exitCode).toBeNull();
  expect(younger.log).toContain('not known here');

  const [{ node_id: id }] = (await waiting()) as [{ node_id: string }]; // there is one
  await cli('nodes', 'admit', id);
  await until(
    'both are connected',
    async () => (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length === 2,
    90_000,
  );
  const events = await site.run({ target: { All: null }, ...script('true') });
  expect(events.at(-1)).toMatchObject({ data: { summary: { ok: 2 } } });
  expect(await waiting()).toEqual([]);
});

async function waiting(): Promise<readonly { node_id: string }[]> {
  return JSON.parse(await cli('nodes', 'waiting', '--output', 'json'));
}
