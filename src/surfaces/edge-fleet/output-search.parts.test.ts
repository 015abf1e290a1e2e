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

/** Runs on one host of each name, which say these pieces, one chunk each. */
async function run(names: readonly string[], pieces: readonly string[]) {
  const tag = `t${newId()}`;
  const says: Behaviour = ({ executionId }, node) => {
    node.start(executionId);
    let offset = 0;
    for (const [ordinal, piece] of pieces.entries()) {
      node.write(executionId, ordinal, piece, offset);
      offset += Buffer.byteLength(piece);
    }
    node.finish(executionId, 'ok');
  };
  const nodes = await fleet.connect(
    names.map((name) => ({ name, tags: [tag] })),
    says,
  );
  const body = { tool: 'cmd.run', args: { command: 'x' }, target: { Selector: { tags: [{ Has: tag }] } } };
  const answer = await fleet.call('POST', '/v1/edge/fleet/invoke', { body });
  return {
    id: readEvents(answer.body)[0]?.data.fleet_command_id as string,
    nodes: nodes.map((one) => `n-${one.nodeId}`),
  };
}

async function search(query: Record<string, string>, as = fleet.tenant) {
  const answer = await fleet.call('GET', `/v1/edge/fleet/output/search?${new URLSearchParams(query)}`, { as });
  expect(answer.statusCode, answer.body).toBe(200);
  return answer.json();
}

test('a text is found across chunks, with its line, on every host that said it', async () => {
  const { id, nodes } = await run(['a', 'b'], ['one\nerror: di', 's', 'k (100%_full)\n', 'and disk (100%_full) again']);
  const { items, next_cursor: next } = await search({ text: 'disk (100%_full)' });
  expect(next).toBeNull();
  expect(items).toMatchObject([
    {
      fleet_command_id: id,
      node_id: nodes[0],
      count: 2,
      lines: [
        { stream: 'stdout', text: 'error: disk (100%_full)' },
        { stream: 'stdout', text: 'and disk (100%_full) again' },
      ],
    },
    { fleet_command_id: id, node_id: nodes[1] },
  ]);
});

test('the text is no pattern, and its case counts', async () => {
  const { id } = await run(['a'], ['Needle.x\n']);
  expect((await search({ run: id, text: 'Needle.' })).items).toHaveLength(1);
  expect((await search({ run: id, text: 'Needle%' })).items).toEqual([]);
  expect((await search({ run: id, text: 'N..dle' })).items).toEqual([]);
  expect((await search({ run: id, text: 'needle' })).items).toEqual([]);
});

test('a search is narrowed by run, host and time, and walks pages newest first', async () => {
  const before = new Date(Date.now() - 1_000).toISOString();
  const [first, second] = [await run(['a', 'b'], ['walked\n']), await run(['c'], ['walked\n'])];
  const runsOf = (page: { items: { fleet_command_id: string }[] }) => page.items.map((one) => one.fleet_command_id);
  expect(runsOf(await search({ text: 'walked' }))).toEqual([second.id, first.id, first.id]);
  expect(runsOf(await search({ text: 'walked', run: second.id }))).toEqual([second.id]);
  expect(runsOf(await search({ text: 'walked', node: first.nodes[1] ?? '' }))).toEqual([first.id]);
  expect(runsOf(await search({ text: 'walked', until: before }))).toEqual([]);
  expect(runsOf(await search({ text: 'walked', since: before }))).toHaveLength(3);
  const seen: string[] = [];
  for (let cursor: string | null = '', page: Awaited<ReturnType<typeof search>>; cursor !== null; ) {
    page = await search({ text: 'walked', limit: '1', ...(cursor !== '' && { cursor }) });
    seen.push(...page.items.map((one: { node_id: string }) => one.node_id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual([...second.nodes, ...first.nodes]);
});

test('another tenant finds nothing, by no way', async () => {
  const { id, nodes } = await run(['a'], ['ours alone\n']);
  for (const query of [{}, { run: id }, { node: nodes[0] ?? '' }])
    expect((await search({ text: 'ours alone', ...query }, fleet.stranger)).items).toEqual([]);
});

test.each([
  'text=',
  'text=a%0Ab',
  'text=a%00b',
  `text=${'x'.repeat(257)}`,
  'text=a&cursor=made-up',
  'text=a&run=x',
  '',
])('a search for %j is refused', async (query) => {
  const answer = await fleet.call('GET', `/v1/edge/fleet/output/search?${query}`);
  expect(answer.statusCode).toBe(400);
});

test('more than two searches at once are told to come back', async () => {
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => fleet.call('GET', '/v1/edge/fleet/output/search?text=zzz')),
  );
  const codes = answers.map((answer) => answer.statusCode);
  expect(codes.filter((code) => code === 200).length).toBeGreaterThan(0);
  expect(codes).toContain(429);
  expect((await search({ text: 'zzz' })).items).toEqual([]);
});
