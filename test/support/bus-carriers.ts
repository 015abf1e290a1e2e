import { describe } from 'vitest';
import { noNats, startNats } from './nats-server.ts';

export interface BusCarrier {
  /** For every controller. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const carriers: Readonly<Record<string, () => Promise<BusCarrier>>> = {
  'LISTEN/NOTIFY': async () => ({ env: {}, close: async () => {} }),
  async NATS() {
    const nats = await startNats(() => 'authorization { user: garrison, password: harbour }');
    return { env: { NATS_URL: `nats://garrison:harbour@127.0.0.1:${nats.port}` }, close: () => nats.close() };
  },
};

/** The same story whatever carries the messages between controllers. */
export function onEveryBus(story: (startCarrier: () => Promise<BusCarrier>) => void): void {
  for (const [name, start] of Object.entries(carriers)) {
    const whyNot = name === 'NATS' ? noNats : undefined;
    describe.skipIf(whyNot)(`over ${name}${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => story(start));
  }
}
