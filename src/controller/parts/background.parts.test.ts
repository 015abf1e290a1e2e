import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ControllerLease } from '#core/controllers/lease.ts';
import { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import { type ControllerId, newId } from '#core/kernel/ids.ts';
import { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { UpdateTeller } from '#core/updates/update-teller.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { readConfig } from '../config.ts';
import { loadSecrets } from '../secrets.ts';
import { ServiceStack } from '../service-stack.ts';
import { startAccess } from './access.ts';
import { startArtifacts } from './artifacts.ts';
import { startBackground } from './background.ts';
import { makeBase } from './base.ts';
import { settleInstallation } from './installation.ts';
import { type BackgroundPass, PASSES } from './passes.ts';
import { startStorage } from './storage.ts';
import { makeTelemetry } from './telemetry.ts';

let database: TestDatabase;
let dataDir: string;
const stack = new ServiceStack(silentLog);

beforeAll(async () => {
  database = await testDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'garrison-background-'));
});
afterAll(async () => {
  await stack.stop();
  await database.close();
  rmSync(dataDir, { recursive: true, force: true });
});

class CountingAnswers extends IdempotencyStore {
  passes = 0;

  override async forgetOld(): Promise<number> {
    this.passes += 1;
    return super.forgetOld();
  }
}

async function startNamed(name: string): Promise<ControllerLease> {
  const controller = { id: newId<ControllerId>(), name, version: '0', nodeEndpoints: [], capacity: 1 };
  const lease = new ControllerLease({ db: database.db, controller, onFailure: () => {} });
  return stack.start(name, lease);
}

test('a pass for one controller runs on the first by name, and is nudged by its handle; the others rest', async () => {
  const env = { DATABASE_URL: database.url, GARRISON_DATA_DIR: dataDir, GARRISON_DATABASE_CONNECTIONS: '4' };
  const base = makeBase(readConfig({ flags: {}, env }), silentLog);
  const ownSecrets = loadSecrets({ dataDir, env });
  const storage = await startStorage(stack, { ...base, secretKey: ownSecrets.secretKey });
  const installation = await settleInstallation({ ...base, ...storage, ownSecrets });
  const { controllerId, sealer } = installation.secrets;
  const shared = { ...base, ...storage, ...installation, controllerId, sealer, telemetry: makeTelemetry() };
  const access = await startAccess(stack, shared);
  const { artifacts } = await startArtifacts(shared);
  const idempotency = new CountingAnswers(shared);
  const metrics = new MetricsWriter({ ...shared, onRefused: base.onFailure });
  const updates = new UpdateTeller(shared);
  const controller = { id: controllerId, name: 'm', version: '0', nodeEndpoints: [], capacity: 1 };
  await stack.start('own lease', new ControllerLease({ db: database.db, controller, onFailure: base.onFailure }));

  const nothing = { release: async () => () => undefined, drop: async () => undefined };
  const held = { run: nothing, dispatch: nothing };
  const passes = await startBackground(stack, { ...shared, ...access, idempotency, metrics, updates, artifacts, held });
  expect(Object.keys(passes)).toEqual(Object.keys(PASSES));
  expect(idempotency.passes).toBe(1);
  await startNamed('z');
  await passes['kept answers'].nudge();
  expect(idempotency.passes).toBe(2);
  const before = await startNamed('a');
  await passes['kept answers'].nudge();
  expect(idempotency.passes).toBe(2);
  await before.stop();
  await passes['kept answers'].nudge();
  expect(idempotency.passes).toBe(3);
});

test('every pass says why it runs where it runs', () => {
  for (const [name, { because }] of Object.entries<BackgroundPass>(PASSES)) expect(because, name).toMatch(/\w+ \w+/);
});
