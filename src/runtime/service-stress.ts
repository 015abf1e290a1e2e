import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Service } from './service.ts';

export interface StressOptions {
  /** The service says that it may be started again after it was stopped. Default false. */
  readonly canRestart?: boolean;
  /** Proves that a started service works. */
  probe?(service: Service): Promise<void>;
  /** Longest time any start or stop may take. Default 20,000 ms. */
  readonly patienceMs?: number;
}

/**
 * The contract of `Service`, tried out: every long-lived part is put through this in its test.
 *
 * @param make a fresh service, not started
 */
export async function stressService(
  make: () => Service | Promise<Service>,
  options: StressOptions = {},
): Promise<void> {
  for (const [story, act] of Object.entries(stories)) {
    const before = openThings();
    const service = await make();
    const { start, stop } = bounded(service, story, options.patienceMs ?? 20_000);
    await act({ start, stop, probe: async () => options.probe?.(service) });
    if (options.canRestart === true) {
      await start();
      await options.probe?.(service);
      await stop();
    }
    await assertNothingIsLeft(before, `${service.name}: ${story}`);
  }
}

interface Stage {
  start(): Promise<void>;
  stop(): Promise<void>;
  probe(): Promise<void>;
}

const stories: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'start, stop': async ({ start, stop, probe }) => {
    await start();
    await probe();
    await stop();
  },
  'stop before start': async ({ stop }) => {
    await stop();
  },
  'start twice, stop twice': async ({ start, stop, probe }) => {
    await Promise.all([start(), start()]);
    await probe();
    await Promise.all([stop(), stop()]);
    await stop();
  },
  'stop while starting': async ({ start, stop }) => {
    const starting = start().catch(() => {}); // may say that it was stopped
    await stop();
    await starting;
    await stop();
  },
  'stop a turn after start': async ({ start, stop }) => {
    const starting = start().catch(() => {}); // may say that it was stopped
    await turn();
    await Promise.all([stop(), stop()]);
    await starting;
    await stop();
  },
};

function bounded(service: Service, story: string, patienceMs: number) {
  const within = async (what: string, work: Promise<void>) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const complain = () =>
        reject(new Error(`${service.name}: ${story}: ${what} did not end within ${patienceMs} ms`));
      timer = setTimeout(complain, patienceMs);
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  };
  return { start: () => within('start', service.start()), stop: () => within('stop', service.stop()) };
}

/** Servers, child processes and timers of this process. */
function openThings(): Map<string, number> {
  const kinds = process
    .getActiveResourcesInfo()
    .filter((kind) => /ServerWrap|ProcessWrap|^Timeout|^Immediate/.test(kind));
  return new Map([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
}

/** Handles close a turn or two after their owner let go. */
async function assertNothingIsLeft(before: ReadonlyMap<string, number>, story: string): Promise<void> {
  const left = () =>
    [...openThings()].filter(([kind, count]) => count > (before.get(kind) ?? 0) && kind !== 'Immediate');
  for (let turns = 0; turns < 20 && left().length > 0; turns += 1) await turn();
  assert.deepEqual(left(), [], `${story}: left open`);
}
