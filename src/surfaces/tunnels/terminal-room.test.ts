import { test } from 'vitest';
import { systemClock } from '#core/kernel/clock.ts';
import { newId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { TerminalRoom } from './terminal-room.ts';

test('the room of terminals takes any schedule of starts and stops', async () => {
  const db = { query: async () => [], execute: async () => 0, transaction: never } as unknown as Database; // nothing else is asked
  const bus = { publish: () => {}, subscribe: () => () => {}, onReconnect: () => () => {} };
  const desk = { open: () => Promise.reject(new Error('not here')), refuse: () => {} };
  const store = { put: never, open: never, list: never, remove: never, removeAllOf: never };
  const limits = { maxBytes: 0, maxBytesOfOwner: 0, keepForMs: 0 };
  const artifacts = { db, clock: systemClock, store, keptBy: null, limits, requireRoom: () => {} };
  const audit = { record: async () => {} };
  const parts = { audit, db, bus, clock: systemClock, desk, artifacts, log: silentLog, controllerId: newId<never>() };
  await stressService(() => new TerminalRoom({ ...parts, recording: { isOn: true, maxBytes: 1 } }));
});

const never = () => Promise.reject(new Error('not here'));
