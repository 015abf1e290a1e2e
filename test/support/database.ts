import { randomUUID } from 'node:crypto';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { ROLES } from '#adapters/postgres/roles.ts';
import { rawSql, type Sql } from '#core/kernel/sql.ts';
import { connectionUrl, onDatabase } from './database-url.ts';
import { TcpProxy } from './tcp-proxy.ts';
import { type TestServer, testServer } from './test-server.ts';

const CONNECTIONS = 6;

export interface TestDatabase {
  readonly db: PostgresDatabase;
  /** For programs that take `DATABASE_URL`. */
  readonly url: string;
  readonly connection: PostgresConnection;
  /** One statement as the owner of the tables, who may do what no controller may. */
  asOwner(statement: Sql): Promise<void>;
  /** Closes the pool and drops the database. Closing twice is harmless. */
  close(): Promise<void>;
}

/**
 * A fresh, migrated database of its own, as a controller has it: a clone of a template on the server that all tests of
 * this run share (an embedded one, or the one `DATABASE_URL_TEST` points to).
 */
export async function testDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  return createDatabase(server, server.template, server.application ?? server.superuser);
}

/** Opens all connections of the pool: an idle one has a timer, which must not look like one a service has left behind. */
export async function openEveryConnection({ db }: Pick<TestDatabase, 'db'>): Promise<void> {
  const { promise: allOpen, resolve } = Promise.withResolvers<void>();
  let open = 0;
  const hold = async () => {
    if (++open === CONNECTIONS) resolve();
    await allOpen;
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, () => db.transaction(hold)));
}

/** The same without any table. */
export async function emptyTestDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  return createDatabase(server, 'template0', server.owner ?? server.superuser);
}

async function createDatabase(server: TestServer, template: string, as: PostgresConnection): Promise<TestDatabase> {
  const { superuser, owner } = server;
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(
    superuser,
    rawSql(`create database ${name} template ${template}${owner ? ` owner ${ROLES.owner}` : ''}`),
  );
  const connection = onDatabase(as, name);
  const db = openDatabase({ connection, maxConnections: CONNECTIONS, applicationName: 'garrison test' });
  let closed: Promise<void> | undefined;
  return {
    db,
    url: connectionUrl(connection),
    connection,
    asOwner: (statement) => onServer(onDatabase(owner ?? superuser, name), statement),
    close() {
      closed ??= db.close().then(() => onServer(superuser, rawSql(`drop database ${name} with (force)`)));
      return closed;
    },
  };
}

/** One statement that no transaction may surround. */
async function onServer(connection: PostgresConnection, statement: Sql): Promise<void> {
  const db = openDatabase({ connection, maxConnections: 1, applicationName: 'garrison test server' });
  await db.execute(statement).finally(() => db.close());
}

/** The same database behind a wire that can be cut or go silent. */
export async function wireTo(
  connection: PostgresConnection,
): Promise<{ readonly proxy: TcpProxy; readonly connection: PostgresConnection }> {
  const proxy = new TcpProxy();
  const port = await proxy.listen();
  if (typeof connection === 'string') {
    const url = new URL(connection);
    proxy.pointTo(Number(url.port || 5432));
    url.host = `127.0.0.1:${port}`;
    return { proxy, connection: url.href };
  }
  const { host, port: serverPort = 5432 } = connection;
  proxy.pointTo(host.startsWith('/') ? `${host}/.s.PGSQL.${serverPort}` : serverPort);
  return { proxy, connection: { ...connection, host: '127.0.0.1', port } };
}
