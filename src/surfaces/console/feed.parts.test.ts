import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#core/kernel/clock.ts';
import type { Context } from '#core/kernel/context.ts';
import { newId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { type EdgeFleetApp, edgeFleetApp } from '#test/support/edge-fleet-app.ts';
import type { SeededTenant } from '#test/support/seed-nodes.ts';
import { writeFeed } from './feed.ts';

let fleet: EdgeFleetApp;
beforeAll(async () => {
  fleet = await edgeFleetApp();
});
afterAll(() => fleet.close());

function as({ tenantId }: SeededTenant, signal: AbortSignal): Context {
  const principal = { kind: 'key', subject: 's', name: 's', tenantId, scopes: 'all', isMaster: false } as const;
  return { principal, tenantId, requestId: 'r', signal, clock: systemClock };
}

/** Nothing of the outbox; what is told is waited for by name. */
function follow(tenant: SeededTenant, topic: string) {
  const stop = new AbortController();
  const told: object[] = [];
  const news = new EventTarget();
  const tell = ({ event, data }: { readonly event?: string; readonly data: unknown }) => {
    told.push({ event, data });
    return news.dispatchEvent(new Event('news'));
  };
  const { db } = fleet.database;
  const eventFeed = {
    // biome-ignore lint/correctness/useYield: nothing comes from the outbox
    async *follow(_tenant: unknown, _place: unknown, signal: AbortSignal) {
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
  const events = { send: async (event: never) => tell(event), trySend: tell, over: stop.signal };
  const ended = writeFeed(
    as(tenant, stop.signal),
    { db, eventFeed, signals: fleet.engine.signals },
    { topics: [topic], isResumed: false },
    events,
  );
  return {
    told,
    async until(count: number) {
      while (told.length < count) await once(news, 'news');
    },
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

test('a run and its executions move with their output, for whoever owns them', async () => {
  const tag = `t${newId()}`;
  const [node] = await fleet.connect([{ name: 'talks', tags: [tag] }], ({ executionId }, own) =>
    own.start(executionId),
  );
  const body = { tool: 'cmd.run', args: { command: 'x' }, target: { Selector: { tags: [{ Has: tag }] } } };
  const over = fleet.call('POST', '/v1/edge/fleet/invoke', { body });
  const find = async () => {
    const [row] = await fleet.database.db.query<{ id: string; run_id: string }>(sql`
      select id, run_id from executions where node_id = ${node?.nodeId} and state = 'running'`);
    return row;
  };
  await expect.poll(find, { timeout: 20_000 }).toBeDefined();
  const { id = '', run_id: runId = '' } = (await find()) ?? {};

  const [run, execution] = [follow(fleet.tenant, `run:f-${runId}`), follow(fleet.tenant, `execution:c-${id}`)];
  const stranger = follow(fleet.stranger, `run:f-${runId}`);
  await Promise.all([run.until(1), execution.until(1), stranger.until(1)]);
  let ordinal = 0;
  const talking = setInterval(() => node?.write(id as never, ordinal++, 'x', ordinal - 1), 20);
  await Promise.all([run.until(2), execution.until(2)]);
  clearInterval(talking);
  node?.finish(id as never, 'ok');
  await over;

  expect(run.told.slice(0, 2)).toEqual([
    { event: 'ready', data: { without: [] } },
    { event: 'run', data: { id: `f-${runId}` } },
  ]);
  expect(execution.told[1]).toEqual({ event: 'execution', data: { id: `c-${id}` } });
  expect(stranger.told).toHaveLength(1);
  await Promise.all([run.stop(), execution.stop(), stranger.stop()]);
});
