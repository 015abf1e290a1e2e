import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { credential, type EdgeFleetApp, edgeFleetApp, readEvents } from '#test/support/edge-fleet-app.ts';
import type { Behaviour, SimulatedNode } from '#test/support/engine.ts';

/** What a node writes of which no reader keeps up: more than is kept for one, and what the controller takes of one execution. */
const CHUNKS = 400;
const CHUNK_BYTES = 65_536;

let fleet: EdgeFleetApp;
let port: number;
const open = new Set<IncomingMessage>();

beforeAll(async () => {
  fleet = await edgeFleetApp({ outputLimitBytes: CHUNKS * CHUNK_BYTES });
  await fleet.app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = fleet.app.server.address() as AddressInfo); // listening on TCP
});
afterAll(async () => {
  for (const response of open) response.destroy();
  await fleet.close();
});

/** The response as it comes; nothing is read before somebody asks. */
function send(
  method: string,
  path: string,
  options: { body?: object; headers?: object } = {},
): Promise<IncomingMessage> {
  const { body, headers } = options;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port,
        path,
        method,
        headers: {
          authorization: `Bearer ${credential(fleet.tenant)}`,
          ...(body && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        open.add(response);
        response.setEncoding('utf8');
        resolve(response);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

/** Reads until the text so far satisfies `isEnough`, or to the end. */
async function read(response: IncomingMessage, isEnough: (text: string) => boolean = () => false): Promise<string> {
  let text = '';
  const { promise, resolve } = Promise.withResolvers<void>();
  const take = (chunk: string) => {
    text += chunk;
    if (isEnough(text)) resolve();
  };
  response.on('data', take);
  response.once('end', resolve);
  response.resume();
  await promise;
  response.off('data', take);
  response.pause();
  return text;
}

async function setup(behaviour: Behaviour) {
  const tag = `t${newId()}`;
  const [node] = (await fleet.connect([{ tags: [tag] }], behaviour)) as [SimulatedNode];
  const invoke = () =>
    send('POST', '/v1/edge/fleet/invoke', {
      body: { target: { Selector: { tags: [{ Has: tag }] } }, tool: 'cmd.run' },
    });
  return { node, invoke };
}

const begins: Behaviour = ({ executionId }, node) => {
  node.start(executionId);
  node.write(executionId, 0, 'begun');
};

async function outcomeOf(runId: string): Promise<string> {
  return (await fleet.call('GET', `/v1/edge/fleet/runs/${runId}`)).json().outcome;
}

test('a client that leaves does not stop the run, and finds everything when it comes back', async () => {
  const { node, invoke } = await setup(begins);
  const response = await invoke();
  const text = await read(response, (so_far) => so_far.includes('begun'));
  const seen = readEvents(text);
  response.destroy();
  const runId = seen[0]?.data.fleet_command_id;
  const [executionId] = node.running;
  node.write(executionId as never, 1, ' and done', 5); // the one order it has
  node.finish(executionId as never, 'ok');
  await expect.poll(() => outcomeOf(runId)).toBe('complete');
  const again = await send('GET', `/v1/edge/fleet/runs/${runId}/events`, {
    headers: { 'last-event-id': seen.at(-1)?.id },
  });
  expect(readEvents(await read(again)).map(({ event, data }) => data.chunk?.stdout ?? event)).toEqual([
    ' and done',
    'command_result',
    'fleet_result',
  ]);
});

test('several may follow one run live, from the beginning and from the middle', async () => {
  const { node, invoke } = await setup(begins);
  const invoked = await invoke();
  const first = await read(invoked, (text) => text.includes('begun'));
  const runId = readEvents(first)[0]?.data.fleet_command_id;
  const path = `/v1/edge/fleet/runs/${runId}/events`;
  const whole = await send('GET', path);
  expect(whole.headers['x-fleet-command-id']).toBe(runId);
  const rest = await send('GET', path, { headers: { 'last-event-id': '0' } });
  const reading = Promise.all([invoked, whole, rest].map((response) => read(response)));
  node.finish([...node.running][0] as never, 'ok');
  const [end, all, behind] = (await reading) as [string, string, string];
  const events = readEvents(first + end);
  expect(events.map((event) => event.event)).toEqual([
    'fleet_started',
    'command_progress',
    'command_result',
    'fleet_result',
  ]);
  expect(readEvents(all)).toEqual(events);
  expect(readEvents(behind)).toEqual(events.slice(1));
});

test('a reader that does not read costs a bounded buffer, holds nobody up and goes on where he was', async () => {
  const { node, invoke } = await setup(({ executionId }, own) => {
    own.start(executionId);
    for (let i = 0; i < CHUNKS; i += 1) own.write(executionId, i, String(i % 10).repeat(CHUNK_BYTES), i * CHUNK_BYTES);
    own.finish(executionId, 'ok');
  });
  const slow = await invoke();
  const runId = slow.headers['x-fleet-command-id'] as string;
  await expect.poll(() => outcomeOf(runId), { timeout: 20_000 }).toBe('complete');
  expect(node.running.size).toBe(0);
  const text = await read(slow);
  expect(text).toContain(': lagged\n\n');
  const events = readEvents(text);
  expect(events.at(-1)?.event).toBe('fleet_result');
  const output = events.filter((event) => event.event === 'command_progress').map((event) => event.data.chunk.stdout);
  expect(output.map((one) => [one.length, one[0]])).toEqual(
    Array.from({ length: CHUNKS }, (_, i) => [CHUNK_BYTES, String(i % 10)]),
  );
  expect(readEvents(await read(await send('GET', `/v1/edge/fleet/runs/${runId}/events`)))).toEqual(events);
});
