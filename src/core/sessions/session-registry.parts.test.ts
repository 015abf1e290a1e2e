import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';

let database: TestDatabase;
let engine: TestEngine;
let failsOn: RegExp | undefined;
beforeEach(async () => {
  failsOn = undefined;
  database = await testDatabase();
  const db: Database = {
    execute: (statement) => database.db.execute(statement),
    transaction: (work) => database.db.transaction(work),
    query: async (statement) => {
      if (failsOn?.test(statement.text)) throw new FleetError('unavailable', 'the database is away');
      return database.db.query(statement);
    },
  };
  engine = await startTestEngine(db);
});
afterEach(async () => {
  await engine.stop();
  await database.close();
});

test('a session whose orders cannot be read is not held: the node comes back and is told again', async () => {
  const tenant = await seedTenant(database.db);
  const [nodeId] = (await seedNodes(database.db, tenant, [{}])) as [NodeId];
  const node = new SimulatedNode(nodeId);
  failsOn = /with due as/;
  await expect(node.connect(engine)).rejects.toMatchObject({ code: 'unavailable' });
  expect(engine.sessions.size).toBe(0);
  failsOn = undefined;
  await node.connect(engine);
  expect(engine.sessions.size).toBe(1);
});
