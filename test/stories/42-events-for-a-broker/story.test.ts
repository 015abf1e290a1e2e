import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectNats } from '#adapters/nats/connect.ts';
import { Secret } from '#core/kernel/secret.ts';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { Installation, until } from '#test/support/installation.ts';
import { noNats, startNats } from '#test/support/nats-server.ts';

interface Arrived {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
}

describe.skipIf(noNats)(`events for a broker${noNats === undefined ? '' : ` (skipped: ${noNats})`}`, () => {
  let database: TestDatabase;
  let nats: Awaited<ReturnType<typeof startNats>>;
  let east: Installation;
  let west: Installation;

  beforeAll(async () => {
    database = await testDatabase();
    nats = await startNats((server) => `jetstream { store_dir: "${server.file('js')}" }`);
    const env = {
      DATABASE_URL: database.url,
      EVENT_BROKER_ENABLED: 'true',
      EVENT_BROKER_ADAPTER: 'nats',
      EVENT_BROKER_NATS_URLS: `nats://127.0.0.1:${nats.port}`,
      EVENT_BROKER_NATS_JETSTREAM: 'true',
    };
    east = await Installation.start({ env: { ...env, GARRISON_CONTROLLER_NAME: 'east' } });
    await east.addNode('node-1');
    west = await Installation.start({
      joins: { databaseUrl: database.url, secretKey: east.secretKey() },
      env: { ...env, GARRISON_CONTROLLER_NAME: 'west' },
    });
  });
  afterAll(async () => {
    await west?.close();
    await east?.close();
    await nats?.close();
    await database?.close();
  });

  async function order(site: Installation, count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const body = { command_text: `echo ${n}`, targeting: { type: 'all' } };
      const { status } = await site.admin('POST', '/api/v1/commands', body);
      expect(status).toBeLessThan(300);
    }
  }

  /** Everything that is in the streams. */
  async function inStreams(): Promise<Arrived[]> {
    const connection = await connectNats({ url: new Secret(`nats://127.0.0.1:${nats.port}`) }, 'consumer');
    try {
      const manager = await jetstreamManager(connection);
      const all: Arrived[] = [];
      for (const name of ['EDGE_NODES_EVENTS', 'EDGE_COMMANDS_EVENTS']) {
        const { messages } = (await manager.streams.info(name)).state;
        if (messages === 0) continue;
        const consumer = await jetstream(connection).consumers.get(name);
        for await (const message of await consumer.fetch({ max_messages: messages, expires: 5_000 }))
          all.push(message.json());
      }
      return all;
    } finally {
      await connection.close();
    }
  }

  /** The ids of what has been told so far. */
  async function told(): Promise<Set<string>> {
    const rows = await database.db.query<{ id: string }>(
      sql`select id from events where type like 'command_execution.%' and type <> 'command_execution.pruned'`,
    );
    return new Set(rows.map(({ id }) => id));
  }

  test('controllers and the broker are killed while commands are ordered: each event is there, in the order of its subject', async () => {
    await order(east, 5);
    await east.stopController('SIGKILL');
    await order(west, 5);
    await nats.stop('SIGKILL');
    await order(west, 5);
    await east.startController();
    await west.stopController('SIGKILL');
    await order(east, 5);
    await nats.start();
    await west.startController();
    await order(west, 5);
    await until('every event is in a stream', async () => {
      const there = new Set((await inStreams()).map(({ id }) => id));
      return (await told()).isSubsetOf(there) && (await told()).size >= 3 * 25;
    });
    const first = new Map<string, Arrived>();
    for (const one of await inStreams()) if (!first.has(one.id)) first.set(one.id, one);
    const commands = [...first.values()].filter(({ type }) => type.startsWith('edge.command_execution.'));
    for (const [subject, own] of Map.groupBy(commands, (one) => one.subject)) {
      const numbers = own.map(({ sequence }) => Number(sequence));
      expect([subject, numbers]).toEqual([subject, numbers.toSorted((one, other) => one - other)]);
    }
  });
});
