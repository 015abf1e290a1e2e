import { afterEach, expect, test } from 'vitest';
import { Backoff } from '#runtime/backoff.ts';
import { eventStream, type FakeController, fakeController, type Routes } from '#test/support/fake-controller.ts';
import { ApiError } from '../api-error.ts';
import { Connection } from '../connection.ts';
import { EdgeFleetClient } from './edge-fleet-client.ts';
import { followRun, invokeAndFollow } from './follow-run.ts';
import { RunLostError } from './run-lost-error.ts';
import type { FleetEvent } from './wire.ts';

const RUN = 'f-00000000-0000-7000-8000-000000000001';
const started = {
  event: 'fleet_started',
  id: '0',
  data: { fleet_command_id: RUN, targets_resolved: ['n-1'], targets_skipped: [] },
};
const progress = (id: string, stdout: string) => ({
  event: 'command_progress',
  id,
  data: { node_id: 'n-1', command_id: 'c-1', chunk: { stdout } },
});
const result = {
  event: 'fleet_result',
  id: '9',
  data: { ...started.data, summary: { ok: 1, err: 0, timed_out: 0, cancelled: 0, not_started: 0 } },
};
const REQUEST = { target: { All: null }, tool: 'cmd.run' };

const servers: FakeController[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function setup(routes: Routes) {
  const server = await fakeController(routes);
  servers.push(server);
  const lost: string[] = [];
  const options = {
    signal: new AbortController().signal,
    backoff: new Backoff({ firstMs: 1, maxMs: 1 }),
    onLost: (why: string) => lost.push(why),
    maxAttempts: 5,
  };
  return { server, client: new EdgeFleetClient(new Connection({ baseUrl: server.url })), options, lost };
}

async function idsOf(events: AsyncIterable<FleetEvent>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) ids.push(id);
  return ids;
}

test('a run is told from its first event to its last', async () => {
  const { client, options, server } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      eventStream(response, [started, progress('1', 'a'), { event: 'a_later_kind', data: {} }, result]);
      response.end();
    },
  });
  expect(await idsOf(invokeAndFollow(client, REQUEST, options))).toEqual(['0', '1', '9']);
  expect(server.requests[0]?.body).toEqual(REQUEST);
  expect(server.requests[0]?.headers.accept).toBe('text/event-stream');
});

test('a stream that breaks goes on after the last event that was seen, and the order is not given again', async () => {
  const { client, options, server, lost } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      eventStream(response, [started, progress('1', 'a')]);
      response.write('event: command_progress\nid: 2\ndata: {"half', () => response.destroy());
    },
    [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response, _) => {
      eventStream(response, [progress('2', 'b'), result]);
      response.end();
    },
  });
  expect(await idsOf(invokeAndFollow(client, REQUEST, options))).toEqual(['0', '1', '2', '9']);
  expect(server.seen).toEqual(['POST /v1/edge/fleet/invoke', `GET /v1/edge/fleet/runs/${RUN}/events`]);
  expect(server.requests[1]?.headers['last-event-id']).toBe('1');
  expect(lost).toHaveLength(1);
});

test('a server that ends the stream too early, then answers 503, is come back to', async () => {
  let asked = 0;
  const { client, options } = await setup({
    [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response, _) => {
      asked += 1;
      if (asked === 2) {
        response.writeHead(503).end();
        return;
      }
      eventStream(response, asked === 1 ? [started] : [result]);
      response.end();
    },
  });
  expect(await idsOf(followRun(client, RUN, options))).toEqual(['0', '9']);
  expect(asked).toBe(3);
});

test('the id of the run is known from the head of the answer, before any event', async () => {
  const { client, options } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-fleet-command-id': RUN });
      response.flushHeaders();
      response.destroy();
    },
    [`GET /v1/edge/fleet/runs/${RUN}/events`]: (response, request) => {
      expect(request.headers['last-event-id']).toBeUndefined();
      eventStream(response, [started, result]);
      response.end();
    },
  });
  const known: string[] = [];
  expect(await idsOf(invokeAndFollow(client, REQUEST, { ...options, onRunId: (id) => known.push(id) }))).toEqual([
    '0',
    '9',
  ]);
  expect(known).toEqual([RUN]);
});

test('a run that was refused ends without a result', async () => {
  const refused = { event: 'error', id: '1', data: { reason: 'RequireMinNotSatisfied' } };
  const { client, options, server } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      eventStream(response, [started, refused]);
      response.end();
    },
  });
  expect(await idsOf(invokeAndFollow(client, REQUEST, options))).toEqual(['0', '1']);
  expect(server.seen).toHaveLength(1);
});

test('a controller that stays away is given up, and the error names the run', async () => {
  const { client, options } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      eventStream(response, [started]);
      response.end();
    },
    [`GET /v1/edge/fleet/runs/${RUN}/events`]: { status: 503, json: {} },
  });
  const error = await idsOf(invokeAndFollow(client, REQUEST, options)).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RunLostError);
  expect(error).toMatchObject({ runId: RUN });
});

test('a refusal of the order is the caller’s error and is not tried again', async () => {
  const { client, options, server } = await setup({ 'POST /v1/edge/fleet/invoke': { status: 503, json: {} } });
  await expect(idsOf(invokeAndFollow(client, REQUEST, options))).rejects.toBeInstanceOf(ApiError);
  expect(server.seen).toHaveLength(1);
});

test('a run that is gone when we come back is an error', async () => {
  const { client, options } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => {
      eventStream(response, [started]);
      response.end();
    },
  });
  await expect(idsOf(invokeAndFollow(client, REQUEST, options))).rejects.toMatchObject({ status: 404 });
});

test('leaving ends the following at once', async () => {
  const leaving = new AbortController();
  const { client, options } = await setup({
    'POST /v1/edge/fleet/invoke': (response, _) => eventStream(response, [started]),
  });
  const events = invokeAndFollow(client, REQUEST, { ...options, signal: leaving.signal });
  await events.next();
  const waiting = events.next();
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
});
