import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
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
