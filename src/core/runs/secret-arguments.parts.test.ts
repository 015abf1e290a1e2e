import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backup } from '#adapters/postgres/backup.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { SimulatedNode, startTestEngine, type TestEngine } from '#test/support/engine.ts';
import { PARALLEL } from '#test/support/run-policy.ts';
import { contextOf, seedNodes, seedTenant } from '#test/support/seed-nodes.ts';
import type { NodeId } from '../kernel/ids.ts';
import { sql } from '../kernel/sql.ts';
import { sealOldArguments } from './seal-old-arguments.ts';
import { startRun } from './start-run.ts';

const ARGS = { command: 'login', stdin: 'hunter2-in-the-clear' };

let database: TestDatabase;
let engine: TestEngine;

beforeEach(async () => {
  database = await testDatabase();
  engine = await startTestEngine(database.db);
});
afterEach(async () => {
  await engine.stop();
  await database.close();
});

async function setup(count: number) {
  const tenant = await seedTenant(database.db);
  const nodes = (await seedNodes(database.db, tenant, Array(count).fill({}))).map((id) => new SimulatedNode(id));
  const start = (nodeIds: readonly NodeId[]) => {
    const target = { kind: 'nodes' as const, nodeIds };
    const policy = { ...PARALLEL, offline: 'queue' as const };
    return startRun(contextOf(tenant), engine.deps, { kind: 'fleet', tool: 'cmd.run', args: ARGS, target, policy });
  };
  const argsOf = (node: SimulatedNode | undefined) => node?.orders.map(({ argsJson }) => JSON.parse(argsJson));
  return { nodes, start, argsOf };
}

/** Everything a backup would hold, as text, and bytes as the text they may be. */
async function backedUp(): Promise<string> {
  const output = new PassThrough();
  const [written] = await Promise.all([text(output.pipe(createGunzip())), backup(database.db, output)]);
  return written + written.replace(/\\\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1'));
}

test('a node that is there and one that comes later get them; the database and its backup do not hold them', async () => {
  const { nodes, start, argsOf } = await setup(2);
  const [here, later] = nodes;
  await here?.connect(engine);
  const { run } = await start(nodes.map(({ nodeId }) => nodeId));
  await expect.poll(() => argsOf(here)).toEqual([ARGS]);
  expect(run.args).toEqual({ command: 'login', stdin: '[redacted]' });
  const rows = await database.db.query(sql`select args from runs`);
  expect(rows).toEqual([{ args: { command: 'login', stdin: '[redacted]' } }]);
  const written = await backedUp();
  expect(written).toContain('login');
  expect(written).not.toContain('hunter2');
  await later?.connect(engine);
  await expect.poll(() => argsOf(later)).toEqual([ARGS]);
});

test('arguments that do not open are not run with something else, and keep no other order waiting', async () => {
  const { nodes, start, argsOf } = await setup(1);
  const [node] = nodes;
  const nodeIds = nodes.map(({ nodeId }) => nodeId);
  await start(nodeIds);
  await database.db.execute(sql`update runs set sealed_args = decode('00', 'hex') || sealed_args`);
  await start(nodeIds);
  await node?.connect(engine);
  await expect.poll(() => argsOf(node)).toEqual([ARGS]);
  expect(engine.errors.map(String).join()).toContain('run-arguments/');
});

test('what earlier programs kept in the clear is sealed, and still reaches its node', async () => {
  const { nodes, start, argsOf } = await setup(1);
  const [node] = nodes;
  await start(nodes.map(({ nodeId }) => nodeId));
  await database.db.execute(sql`update runs set sealed_args = null, args = ${JSON.stringify(ARGS)}`);
  const deps = { ...engine.deps, secretArguments: new Map([['cmd.run', ['env', 'stdin']]]) };
  expect(await sealOldArguments(deps, new AbortController().signal)).toBe(1);
  expect(await sealOldArguments(deps, new AbortController().signal)).toBe(0);
  expect(await backedUp()).not.toContain('hunter2');
  await node?.connect(engine);
  await expect.poll(() => argsOf(node)).toEqual([ARGS]);
});
