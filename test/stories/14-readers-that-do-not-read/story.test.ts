import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FleetEvent } from '#client/edge-fleet/wire.ts';
import { BenchController } from '../../../bench/support/controller.ts';
import { Fleet } from '../../../bench/support/fleet.ts';
import { seedFleet } from '../../../bench/support/seed-fleet.ts';

const HOSTS = 500;
const BYTES_OF_HOST = 128 * 1024;
const READERS = 8;
/** A part of what all the readers have not read, which is 512 MB. Collections that have not happened yet are in it. */
const GROWTH_ALLOWED = 300 * 1024 * 1024;

const controller = new BenchController();
const fleet = new Fleet();

beforeAll(async () => {
  await controller.start();
  const seed = await seedFleet(controller, HOSTS);
  await fleet.join(seed, controller.addresses.nodes, { outputBytes: BYTES_OF_HOST });
  await fleet.connect();
});

afterAll(async () => {
  await fleet.close();
  await controller.close();
});

/** The stream of a new run; nothing of it is read before somebody asks. */
async function invoke(target: object = { All: null }): Promise<{ runId: string; stream: IncomingMessage }> {
  const policy = { failure_policy: 'ContinueOnError', per_target_deadline_secs: 120 };
  const order = { target, tool: 'cmd.run', args: { command: 'true' }, policy };
  const stream = await controller.open('POST', '/v1/edge/fleet/invoke', order);
  return { runId: String(stream.headers['x-fleet-command-id']), stream };
}

interface Tally {
  readonly results: number;
  readonly bytes: number;
  readonly isLagged: boolean;
  readonly last: string | undefined;
}

/** Reads to the end. */
async function read(stream: IncomingMessage): Promise<Tally> {
  const tally = { results: 0, bytes: 0, isLagged: false, last: undefined as string | undefined };
  let rest = '';
  stream.setEncoding('utf8');
  for await (const part of stream) {
    const blocks = (rest + part).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block === ': lagged') tally.isLagged = true;
      if (block.startsWith(':')) continue;
      const event = eventOf(block);
      tally.last = event.event;
      if (event.event === 'command_result') tally.results += 1;
      if (event.event === 'command_progress' && 'stdout' in event.data.chunk) {
        tally.bytes += Buffer.byteLength(event.data.chunk.stdout);
      }
    }
  }
  return tally;
}

function eventOf(block: string): FleetEvent {
  const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
  return { event: fields.get('event'), data: JSON.parse(fields.get('data') ?? 'null') } as FleetEvent; // as the surface says
}

const whole = { results: HOSTS, bytes: HOSTS * BYTES_OF_HOST, last: 'fleet_result' };

test('readers that do not read cost the controller a bounded buffer, delay nobody, and get every event when they do', async () => {
  for (let warmUp = 0; warmUp < 3; warmUp += 1) expect(await read((await invoke()).stream)).toMatchObject(whole);
  const before = controller.residentBytes;

  const { runId, stream } = await invoke();
  const path = `/v1/edge/fleet/runs/${runId}/events`;
  const idle = await Promise.all(Array.from({ length: READERS }, () => controller.open('GET', path)));
  expect(await read(stream)).toMatchObject(whole);
  expect(controller.residentBytes - before).toBeLessThan(GROWTH_ALLOWED);

  const [host] = (await controller.call<{ items: { node_id: string }[] }>('GET', '/v1/edge/hosts?limit=1')).items;
  const other = await read((await invoke({ Node: host?.node_id })).stream);
  expect(other).toMatchObject({ results: 1, bytes: BYTES_OF_HOST, last: 'fleet_result' });

  for (const late of idle.slice(0, 2)) expect(await read(late)).toEqual({ ...whole, isLagged: true });
});
