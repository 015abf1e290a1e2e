import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { openDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres } from '#adapters/postgres/embedded.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { ROLES } from '#adapters/postgres/roles.ts';
import { rawSql } from '#core/kernel/sql.ts';
import { lockDirectory } from '#runtime/directory-lock.ts';
import { onDatabase } from './database-url.ts';
import { type TestServer, testServerSocketVariable } from './test-server.ts';

const prefix = 'garrison-test-';

/**
 * Vitest's global set-up, in its main process: one database server for all workers of a run, started when the first
 * test asks for it (through a Unix socket), stopped and removed at the end of the run. Every project calls this; one
 * server serves all.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.env[testServerSocketVariable] !== undefined) return async () => {};
  await sweepKilledRuns();
  const directory = await mkdtemp(join(tmpdir(), prefix));
  const lock = lockDirectory(directory, 'a test run');
  let shared: Promise<SharedServer> | undefined;
  const door = createServer((caller) => {
    caller.on('error', () => {}); // a test that has gone needs no answer
    shared ??= startServer(directory);
    shared.then(
      ({ server }) => caller.end(JSON.stringify(server)),
      (error: Error) => caller.end(JSON.stringify({ error: error.message })),
    );
  });
  const socket = join(directory, 'door');
  await new Promise<void>((resolve) => door.listen(socket, resolve));
  process.env[testServerSocketVariable] = socket;
  return async () => {
    delete process.env[testServerSocketVariable];
    await new Promise((resolve) => door.close(resolve));
    await (await shared?.catch(() => undefined))?.stop();
    lock.release();
    await rm(directory, { recursive: true, force: true });
  };
}

/** A run that was killed could not tidy up: what no run holds, and is not being made just now, is removed. */
async function sweepKilledRuns(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const directory of names.map((name) => join(tmpdir(), name))) {
    try {
      if (Date.now() - (await stat(directory)).mtimeMs < 60_000) continue;
      lockDirectory(directory, 'a sweep').release();
      await rm(directory, { recursive: true, force: true });
    } catch {
      // in use, or gone already
    }
  }
}

interface SharedServer {
  readonly server: TestServer;
  stop(): Promise<void>;
}

async function startServer(directory: string): Promise<SharedServer> {
  const external = process.env.DATABASE_URL_TEST;
  if (external !== undefined) return withTemplate({ superuser: external }, async () => {});
  const postgres = new EmbeddedPostgres({ directory: join(directory, 'postgres'), isThrowaway: true });
  await postgres.start();
  const [superuser, owner] = [postgres.connectionAs('superuser'), postgres.connectionAs('owner')];
  return withTemplate({ superuser, owner, application: postgres.connection }, () => postgres.stop());
}

async function withTemplate(roles: Omit<TestServer, 'template'>, stop: () => Promise<void>): Promise<SharedServer> {
  const connection = roles.superuser;
  const template = `template_${randomUUID().replaceAll('-', '')}`;
  await onServer(connection, `create database ${template}${roles.owner ? ` owner ${ROLES.owner}` : ''}`);
  const db = openDatabase({ connection: onDatabase(roles.owner ?? connection, template), maxConnections: 1 });
  await migrate(db, roles.application ? { application: ROLES.application } : {}).finally(() => db.close());
  return {
    server: { ...roles, template },
    async stop() {
      await onServer(connection, `drop database ${template} with (force)`);
      await stop();
    },
  };
}

async function onServer(connection: PostgresConnection, statement: string): Promise<void> {
  const db = openDatabase({ connection, maxConnections: 1 });
  await db.execute(rawSql(statement)).finally(() => db.close());
}
