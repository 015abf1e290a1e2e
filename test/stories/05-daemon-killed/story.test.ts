import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

let site: Installation;

beforeAll(async () => {
  site = await Installation.start({ nodes: 1 });
});

afterAll(() => site.close());

test('SIGKILL of a daemon: what ran is interrupted, its processes end, and nothing runs a second time', async () => {
  const [daemon] = site.daemons;
  if (daemon === undefined) throw new Error('no daemon');
  const marker = join(tmpdir(), `started-${randomUUID()}`);
  const mark = `4200.${Math.floor(Math.random() * 1e9)}`;
  const runId = await site.begin({ target: { All: null }, ...script(`echo started >> ${marker}; sleep ${mark}`) });
  await until('it runs', () => existsSync(marker) && processesWith(mark).length > 0);
  await daemon.stop('SIGKILL');
  daemon.start();
  const detail = await site.untilEnded(runId);
  expect(detail.per_node[0]).toMatchObject({ outcome: 'err' });
  await until('the processes of its former life are gone', () => processesWith(mark).length === 0);
  expect(readFileSync(marker, 'utf8')).toBe('started\n');
  const again = await site.run({ target: { All: null }, ...script('echo fine') });
  expect(again.at(-1)).toMatchObject({ data: { summary: { ok: 1 } } });
  rmSync(marker);
});

test('a result that was not acknowledged is sent again by the next life of the daemon', async () => {
  const [daemon] = site.daemons;
  if (daemon === undefined) throw new Error('no daemon');
  const marker = join(tmpdir(), `done-${randomUUID()}`);
  const runId = await site.begin({ target: { All: null }, ...script(`sleep 1; echo precious; touch ${marker}`) });
  await site.stopController();
  await until('it ended', () => existsSync(marker));
  await daemon.stop('SIGKILL');
  daemon.start();
  await site.startController();
  const detail = await site.untilEnded(runId);
  const [node] = detail.per_node;
  // Killed between the end of the process and its entry in the journal, the truth is "interrupted"; never a second start.
  if (node?.outcome === 'ok') expect(node.stdout_tail).toBe('precious\n');
  else expect(node?.outcome).toBe('err');
  rmSync(marker);
});
