import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import type { Behaviour } from '#test/support/engine.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(async () => {
  await fleet.close();
  expect(fleet.engine.errors).toEqual([]);
});

/** A run on hosts that each say their pieces, one chunk each. */
async function run(says: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const tag = `t${newId()}`;
  const names = Object.keys(says);
  const speakers = await Promise.all(
    names.map((name) => {
      const behaviour: Behaviour = ({ executionId }, node) => {
        node.start(executionId);
        let offset = 0;
        for (const [ordinal, piece] of (says[name] ?? []).entries()) {
          node.write(executionId, ordinal, piece, offset);
          offset += Buffer.byteLength(piece);
        }
        node.finish(executionId, 'ok');
      };
      return fleet.connect([{ name, tags: [tag] }], behaviour);
    }),
  );
  expect(speakers.flat()).toHaveLength(names.length);
  const body = { tool: 'cmd.run', args: { command: 'x' }, target: { Selector: { tags: [{ Has: tag }] } } };
  const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body });
  return readEvents(answer.body)[0]?.data.fleet_command_id as string;
}

async function read(path: string, as = fleet.tenant) {
  const answer = await fleet.call('GET', path, { as });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

test('hosts that said the same are one group, the largest first, and their names tell nobody apart when that is asked', async () => {
  const id = await run({
    'web-1': ['up\n'],
    'web-2': ['u', 'p\n'],
    'web-3': ['I am web-3  \n'],
    'web-4': ['I am web-4\n'],
  });
  const exact = await read(`/v1/runs/${id}/groups`);
  expect(exact).toMatchObject({ total: 4, more: 0 });
  expect(exact.groups.map((group: { count: number; majority: boolean }) => [group.count, group.majority])).toEqual([
    [2, true],
    [1, false],
    [1, false],
  ]);
  const { groups } = await read(`/v1/runs/${id}/groups?normalise=1`);
  expect(groups.map((group: { count: number }) => group.count)).toEqual([2, 2]);
  const said = groups.find(({ head }: { head: string }) => head.startsWith('I am'));
  const { items } = await read(`/v1/runs/${id}/groups/${said.digest}/hosts?normalise=1&limit=1`);
  expect(items).toMatchObject([{ name: 'web-3', executionId: expect.stringMatching(/^c-/) }]);
});

test('groups are read again without the output, and tell failures apart by their error', async () => {
  const id = await run({ 'app-1': ['one\n'], 'app-2': ['one\n'], 'app-3': ['two\n'] });
  const before = await read(`/v1/runs/${id}/groups`);
  const { items } = await read(`/v1/runs/${id}/groups/${before.groups[0].digest}/hosts`);
  expect(items.map(({ name }: { name: string }) => name).sort()).toEqual(['app-1', 'app-2']);
  const runId = id.slice('f-'.length);
  await fleet.database.db.execute(sql`delete from output_chunks where run_id = ${runId}`);
  const again = await read(`/v1/runs/${id}/groups`);
  expect(again.groups.map(({ digest, count }: { digest: string; count: number }) => [digest, count])).toEqual(
    before.groups.map(({ digest, count }: { digest: string; count: number }) => [digest, count]),
  );

  await fleet.database.db.execute(sql`
    update executions set outcome = 'failed', error_code = 'spawn_failed', error_message = 'no shell', output_digest = null
    where run_id = ${runId} and id = ${items[0].executionId.slice('c-'.length)}`);
  const { groups } = await read(`/v1/runs/${id}/groups`);
  expect(groups).toHaveLength(3);
  expect(groups.find(({ outcome }: { outcome: string }) => outcome === 'err')).toMatchObject({ head: 'no shell' });
});

test('the output of two thousand hosts is grouped once, and then read as counts', async () => {
  const id = await run({ 'big-1': ['up\n'] });
  const runId = id.slice('f-'.length);
  await fleet.database.db.execute(sql`
    insert into executions (id, run_id, tenant_id, node_id, position, tool, state, outcome, created_at, stdout_bytes, stdout_tail)
    select new_id(), run_id, tenant_id, node_id, place, tool, 'finished', outcome, created_at, 3,
      convert_to('up ' || place % 3, 'UTF8')
    from executions, generate_series(1, 2000) as place where run_id = ${runId} and position = 0`);
  const first = await read(`/v1/runs/${id}/groups`);
  expect(first.total).toBe(2_001);
  expect(first.groups.map(({ count }: { count: number }) => count)).toEqual([667, 667, 666, 1]);
  const again = await fleet.call('GET', `/v1/runs/${id}/groups`, { as: fleet.tenant });
  expect(again.json()).toEqual(first);
  expect(again.body.length).toBeLessThan(40_000);
});

test('a log is read by ranges that cut no character, and indexed by line', async () => {
  const long = `${Array.from({ length: 5_000 }, (_, line) => `line ${line} ü`).join('\n')}\n`;
  const id = await run({ 'db-1': [long.slice(0, 30_001), long.slice(30_001)] });
  const { groups } = await read(`/v1/runs/${id}/groups`);
  const { items } = await read(`/v1/runs/${id}/groups/${groups[0].digest}/hosts`);
  const log = `/v1/executions/${items[0].executionId}/log`;
  const index = await read(`${log}/index`);
  expect(index).toMatchObject({ size: Buffer.byteLength(long), lines: 5_000, every: 4_096 });
  const [, second] = index.offsets;
  const there = await read(`${log}?offset=${second}&limit=20`);
  expect(there.chunks[0].text).toMatch(/^line 4096 ü\n/);
  let text = '';
  for (let offset = 0; offset < index.size; ) {
    const range = await read(`${log}?offset=${offset}&limit=7001`);
    text += range.chunks.map((chunk: { text: string }) => chunk.text).join('');
    offset = range.nextOffset;
  }
  expect(text).toBe(long);
  expect(await read(`${log}/search?q=4321`)).toEqual({ items: [{ line: 4_321, text: 'line 4321 ü' }], total: 1 });
  const raw = await fleet.call('GET', `${log}/raw`);
  expect(raw.body).toBe(long);
});

test('another tenant finds none of it', async () => {
  const id = await run({ 'web-9': ['secret\n'] });
  const { groups } = await read(`/v1/runs/${id}/groups`);
  const { items } = await read(`/v1/runs/${id}/groups/${groups[0].digest}/hosts`);
  for (const path of [`runs/${id}/groups`, `executions/${items[0].executionId}/log`]) {
    const answer = await fleet.call('GET', `/v1/${path}`, { as: fleet.stranger });
    expect(answer.statusCode).toBe(404);
  }
});
