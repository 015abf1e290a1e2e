import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startController } from '#controller/compose.ts';
import { readConfig } from '#controller/config.ts';
import type { Controller } from '#controller/controller.ts';
import { type ControllerSecrets, loadSecrets } from '#controller/secrets.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from './database.ts';

/** A whole controller in this process, on free ports, with a database of its own. */
export interface TestController extends Controller {
  readonly secrets: ControllerSecrets;
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** JSON over the plain listener; `as` is a bearer token, the master key by default. */
  call<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    as?: string,
  ): Promise<{ status: number; body: Body }>;
  close(): Promise<void>;
}

export interface TestControllerOptions {
  /** Shares it with another one; default: a fresh one, dropped in the end. */
  readonly database?: TestDatabase;
  /** Settings by their names in the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The secret key of the other controller on this database. */
  readonly secretKey?: string;
}

export async function startTestController(options: TestControllerOptions = {}): Promise<TestController> {
  const database = options.database ?? (await testDatabase());
  const dataDir = mkdtempSync(join(tmpdir(), 'garrison-controller-'));
  const env = {
    DATABASE_URL: database.url,
    GARRISON_DATA_DIR: dataDir,
    GARRISON_API_PORT: '0',
    GARRISON_TLS_PORT: '0',
    GARRISON_TLS_HOST: '127.0.0.1',
    GARRISON_NODE_PORT: '0',
    GARRISON_NODE_HOST: '127.0.0.1',
    GARRISON_DATABASE_CONNECTIONS: '6',
    ...(options.secretKey === undefined ? {} : { GARRISON_SECRET_KEY: options.secretKey }),
    ...options.env,
  };
  const config = readConfig({ flags: {}, env });
  const controller = await startController(config, loadSecrets({ dataDir, env }), silentLog);
  const { secrets } = controller;
  return {
    ...controller,
    database,
    dataDir,
    async call<Body>(method: string, path: string, body?: unknown, as = secrets.masterKey.reveal()) {
      const response = await fetch(controller.api + path, {
        method,
        headers: {
          authorization: `Bearer ${as}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body }; // what the test expects it to be
    },
    async close() {
      await controller.stop();
      if (options.database === undefined) await database.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
