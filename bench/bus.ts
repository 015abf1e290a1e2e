/**
 * What do the two carriers of the messages between controllers cost, and how many do they carry?
 *
 * Two buses of each kind on one machine. One message at a time: from publish to the handler of the other one. Flat out: the
 * time until the last of many has been heard. Yardsticks in the same run: the bare clients, a NOTIFY for each message on one
 * connection, and a publish of core NATS.
 */
import { randomBytes } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import pg from 'pg';
import { NatsBus } from '#adapters/bus/nats.ts';
import { PostgresBus } from '#adapters/bus/postgres.ts';
import { clientConfig } from '#adapters/postgres/connection.ts';
import type { Bus } from '#core/kernel/bus.ts';
import { Secret } from '#core/kernel/secret.ts';
import type { Service } from '#runtime/service.ts';
import { startNats } from '#test/support/nats-server.ts';
import { benchDatabase } from './support/bench-database.ts';
import { publish } from './support/report.ts';

const RUNS = 3;
const ALONE = 500;
const FLOOD = 20_000;
const BARE_NOTIFIES = 4_000;

interface Measured {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
}

const database = await benchDatabase();
const nats = await startNats();
try {
  const key = randomBytes(32);
  const access = { url: new Secret(`nats://127.0.0.1:${nats.port}`) };
  const results = {
    notify: [] as Measured[],
    nats: [] as Measured[],
    bareNotify: [] as number[],
    bareNats: [] as number[],
  };
  for (let run = 0; run < RUNS; run += 1) {
    results.notify.push(
      await measure(
        () => new PostgresBus({ client: clientConfig(database.connection, 'bench bus'), maxWaiting: FLOOD }),
      ),
    );
    results.nats.push(await measure(() => new NatsBus({ access, key, maxWaiting: FLOOD })));
    results.bareNotify.push(await bareNotify());
    results.bareNats.push(await bareNats());
  }
  await publish({
    name: 'bus',
    question: 'What do the two carriers of the messages between controllers cost, and how many do they carry?',
    figures: [
      figure(
        'NATS: one message to the other controller, p50',
        'ms',
        results.nats,
        'p50',
        'LISTEN/NOTIFY',
        results.notify,
      ),
      figure(
        'NATS: one message to the other controller, p99',
        'ms',
        results.nats,
        'p99',
        'LISTEN/NOTIFY',
        results.notify,
      ),
      figure('LISTEN/NOTIFY: p99', 'ms', results.notify, 'p99'),
      {
        what: 'NATS: messages per second',
        unit: '/s',
        values: results.nats.map(({ perSecond }) => perSecond),
        yardstick: { what: 'bare client of NATS', values: results.bareNats },
      },
      {
        what: 'LISTEN/NOTIFY: messages per second',
        unit: '/s',
        values: results.notify.map(({ perSecond }) => perSecond),
        yardstick: { what: 'a NOTIFY for each', values: results.bareNotify },
      },
    ],
    notes: [
      'LISTEN/NOTIFY waits up to 5 ms, so that messages share a NOTIFY: each takes a lock that commits wait for.',
    ],
  });
} finally {
  await nats.close();
  await database.close();
}

function figure(
  what: string,
  unit: string,
  ours: readonly Measured[],
  which: 'p50' | 'p99',
  yardstick?: string,
  theirs: readonly Measured[] = [],
) {
  const values = (all: readonly Measured[]) => all.map((one) => one[which]);
  return {
    what,
    unit,
    values: values(ours),
    ...(yardstick && { yardstick: { what: yardstick, values: values(theirs) } }),
  };
}

async function measure(make: () => Bus & Service): Promise<Measured> {
  const [left, right] = [make(), make()];
  await Promise.all([left.start(), right.start()]);
  try {
    let heard: () => void = () => {};
    right.subscribe('alone', () => heard());
    const times: number[] = [];
    for (let n = 0; n < ALONE; n += 1) {
      const arrived = new Promise<void>((resolve) => {
        heard = resolve;
      });
      const from = performance.now();
      left.publish('alone', { n });
      await arrived;
      times.push(performance.now() - from);
    }
    times.sort((one, other) => one - other);
    const all = new Promise<void>((resolve) => {
      let count = 0;
      right.subscribe('flood', () => {
        if (++count === FLOOD) resolve();
      });
    });
    const from = performance.now();
    for (let n = 0; n < FLOOD; n += 1) {
      left.publish('flood', { nodeIds: [n] });
      if (n % 1_000 === 999) await new Promise((resolve) => setImmediate(resolve)); // within the bound of what waits
    }
    await all;
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    return { p50: at(0.5), p99: at(0.99), perSecond: (FLOOD / (performance.now() - from)) * 1_000 };
  } finally {
    await Promise.all([left.stop(), right.stop()]);
  }
}

async function bareNotify(): Promise<number> {
  const [sender, listener] = [0, 1].map(() => new pg.Client(clientConfig(database.connection, 'bench')));
  if (sender === undefined || listener === undefined) throw new Error('two clients were made');
  await Promise.all([sender.connect(), listener.connect()]);
  await listener.query('listen bench');
  const all = new Promise<void>((resolve) => {
    let count = 0;
    listener.on('notification', () => {
      if (++count === BARE_NOTIFIES) resolve();
    });
  });
  const from = performance.now();
  for (let n = 0; n < BARE_NOTIFIES; n += 1)
    await sender.query(`select pg_notify('bench', $1)`, [`{"nodeIds":[${n}]}`]);
  await all;
  const perSecond = (BARE_NOTIFIES / (performance.now() - from)) * 1_000;
  await Promise.all([sender.end(), listener.end()]);
  return perSecond;
}

async function bareNats(): Promise<number> {
  const servers = `127.0.0.1:${nats.port}`;
  const [sender, listener] = [await connect({ servers }), await connect({ servers })];
  const all = new Promise<void>((resolve) => {
    let count = 0;
    listener.subscribe('bench', {
      callback: () => {
        if (++count === FLOOD) resolve();
      },
    });
  });
  await listener.flush();
  const from = performance.now();
  for (let n = 0; n < FLOOD; n += 1) {
    sender.publish('bench', `{"nodeIds":[${n}]}`);
    if (n % 1_000 === 999) await sender.flush();
  }
  await all;
  const perSecond = (FLOOD / (performance.now() - from)) * 1_000;
  await Promise.all([sender.close(), listener.close()]);
  return perSecond;
}
