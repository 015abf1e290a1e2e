import { expect, test, vi } from 'vitest';
import { type ClaimedWork, LeasedWork } from './leased-work.ts';

interface Errand extends ClaimedWork {
  readonly epoch: number;
}

/** Work that ends when it is told to, on units that are claimed as they are offered. */
function setup() {
  const offers: Errand[] = [];
  const begun: { unit: Errand; signal: AbortSignal; end: (error?: Error) => void }[] = [];
  const renewed: (readonly Errand[])[] = [];
  const failures: unknown[] = [];
  const work = new LeasedWork<Errand>({
    name: 'test',
    leaseMs: 30,
    everyMs: 5,
    most: 4,
    claim: async (room) => offers.splice(0, room),
    renew: async (units) => {
      renewed.push(units);
      return new Set(units.map(({ id }) => id));
    },
    work: (unit, signal) =>
      new Promise((resolve, reject) => {
        begun.push({ unit, signal, end: (error) => (error ? reject(error) : resolve()) });
      }),
    onFailure: (error) => failures.push(error),
  });
  const offer = async (unit: Errand) => {
    const before = begun.length;
    offers.push(unit);
    work.nudge();
    await vi.waitUntil(() => begun.length > before, { timeout: 10_000 });
    return begun[before] as (typeof begun)[number];
  };
  return { work, offer, renewed, failures };
}

test('what is claimed again before the former work on it has returned is renewed, aborted and waited for like any other', async () => {
  const { work, offer, renewed, failures } = setup();
  await work.start();
  const former = await offer({ id: 'a', epoch: 1 });
  const next = await offer({ id: 'a', epoch: 2 });
  expect(former.signal.aborted).toBe(true); // its lease has gone to the next one
  former.end();
  await vi.waitUntil(() => work.size === 1, { timeout: 10_000 });
  renewed.length = 0;
  await vi.waitUntil(() => renewed.some((units) => units.some(({ epoch }) => epoch === 2)), { timeout: 10_000 });

  let isStopped = false;
  const stopping = work.stop().then(() => {
    isStopped = true;
  });
  await vi.waitUntil(() => next.signal.aborted, { timeout: 10_000 });
  expect(isStopped).toBe(false);
  next.end();
  await stopping;
  expect(work.size).toBe(0);
  expect(failures).toEqual([]);
});

test('work that fails is told of; work that was aborted is not', async () => {
  const { work, offer, failures } = setup();
  await work.start();
  const failing = await offer({ id: 'a', epoch: 1 });
  failing.end(new Error('broken'));
  await vi.waitUntil(() => failures.length === 1, { timeout: 10_000 });
  const stopped = await offer({ id: 'b', epoch: 1 });
  const stopping = work.stop();
  await vi.waitUntil(() => stopped.signal.aborted, { timeout: 10_000 });
  stopped.end(new Error('broken off'));
  await stopping;
  expect(failures).toEqual([new Error('broken')]);
});
