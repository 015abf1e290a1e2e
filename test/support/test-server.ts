import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import type { PostgresConnection } from '#adapters/postgres/connection.ts';

/** The PostgreSQL server of this test run, and the migrated database on it that every test database is cloned from. */
export interface TestServer {
  /** Makes and drops the databases. */
  readonly superuser: PostgresConnection;
  /** Default: the same, as with an external server. */
  readonly owner?: PostgresConnection;
  /** Default: the same. */
  readonly application?: PostgresConnection;
  readonly template: string;
}

/** Where `share-test-server.ts`, in the main process of the run, hands it out. */
export const testServerSocketVariable = 'TEST_POSTGRES_SOCKET';

let server: Promise<TestServer> | undefined;

export function testServer(): Promise<TestServer> {
  server ??= askForServer();
  return server;
}

async function askForServer(): Promise<TestServer> {
  const socket = process.env[testServerSocketVariable];
  if (socket === undefined) {
    throw new Error(
      'there is no test database here: run vitest in the repository; a unit test with one is named *.parts.test.ts',
    );
  }
  const answer = JSON.parse(await text(createConnection(socket)));
  if (typeof answer.error === 'string') throw new Error(`the test database server does not start: ${answer.error}`);
  return answer;
}
