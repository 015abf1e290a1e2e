import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#core/kernel/sql.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { Installation, until } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

/** docs/recipes/audit-log-elsewhere.md, followed by somebody who then writes in the database. */
let database: TestDatabase;
let site: Installation;
/** The other machine. */
let elsewhere: string;
let tenantId: string;

beforeAll(async () => {
  database = await testDatabase();
  const env = { DATABASE_URL: database.url, GARRISON_AUDIT_CHECKPOINT_INTERVAL: '1s' };
  site = await Installation.start({ env });
  elsewhere = join(site.directory, 'elsewhere');
  await mkdir(elsewhere);
});
afterAll(async () => {
  await site.close();
  await database.close();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: site.directory, GARRISON_PROFILE: site.dataDir };
  return new Promise((resolve) => {
    execFile(garrison, [...args], { env, cwd: elsewhere }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** On the other machine: nothing there knows of a controller. */
const verifyKept = (...more: readonly string[]) =>
  run('audit', 'verify', '--file', 'audit.jsonl', '--key', 'audit.key', ...more);

const order = (name: string) => run('tokens', 'create', '--name', name, '--scope', 'audit.read');

const checkpointFile = () => join(site.dataDir, 'audit-checkpoint.json');
const position = () => {
  const [document = '{}'] = existsSync(checkpointFile()) ? readFileSync(checkpointFile(), 'utf8').split('\n') : [];
  const { heads = [] } = JSON.parse(document) as { heads?: { tenant_id: string; position: number }[] };
  return heads[0]?.position;
};

test('the log is exported and a checkpoint copied; both are whole together, without a controller', async () => {
  for (const name of ['one', 'two', 'three']) expect(await order(name)).toMatchObject({ code: 0 });
  const exported = await run('audit', 'export');
  await writeFile(join(elsewhere, 'audit.jsonl'), exported.stdout);
  ({ tenant_id: tenantId } = JSON.parse(exported.stdout.split('\n')[0] ?? '') as { tenant_id: string });
  const key = await run('audit', 'key', tenantId, '--data-dir', site.dataDir);
  await writeFile(join(elsewhere, 'audit.key'), key.stdout);
  await until('a checkpoint of the three orders', async () => position() === 3);
  await copyFile(checkpointFile(), join(elsewhere, 'checkpoint.json'));
  const verdict = await verifyKept('--checkpoint', 'checkpoint.json');
  expect(verdict.stdout).toMatch(/^whole: 3 rows\nhead 3:[0-9a-f]{64}\n$/);
  expect(verdict.code).toBe(0);
});

test('the head that was printed is what the log is held against later', async () => {
  const head = (await verifyKept()).stdout.match(/^head (\S+)$/m)?.[1] ?? '';
  expect(await order('four')).toMatchObject({ code: 0 });
  const verdict = await run('audit', 'verify', '--since', head);
  expect(verdict.stdout).toMatch(/^whole since 3: 1 rows\nhead 4:/);
});

test('a row that is rewritten in the database is found, on the controller and in a later export', async () => {
  await database.asOwner(sql`update audit set subject = 'somebody else' where chain_position = 2`);
  const online = await run('audit', 'verify');
  expect(online.code).toBe(1);
  expect(online.stderr).toContain('row 2 is not what was written there');
  await rename(join(elsewhere, 'audit.jsonl'), join(elsewhere, 'audit.kept'));
  await writeFile(join(elsewhere, 'audit.jsonl'), (await run('audit', 'export')).stdout);
  const later = await verifyKept('--checkpoint', 'checkpoint.json');
  expect(later.code).toBe(1);
  expect(later.stderr).toContain('row 2 is not what was written there');
  await rename(join(elsewhere, 'audit.kept'), join(elsewhere, 'audit.jsonl'));
});

test('a tail that is cut off in the database is found with what was kept, and the controller tells it by itself', async () => {
  await database.asOwner(sql`delete from audit where chain_position > 1`);
  expect(await run('audit', 'verify')).toMatchObject({ code: 0 }); // one row, and it is good
  const head = (await verifyKept()).stdout.match(/^head (\S+)$/m)?.[1] ?? '';
  const since = await run('audit', 'verify', '--since', head);
  expect(since.code).toBe(1);
  expect(since.stderr).toContain('the log ends before the head that was kept');
  await writeFile(join(elsewhere, 'audit.jsonl'), (await run('audit', 'export')).stdout);
  const later = await verifyKept('--checkpoint', 'checkpoint.json');
  expect(later.stderr).toContain('row 2 and those behind it are not there');
  await until('the lost head among the events', async () => {
    const rows = await database.db.query(
      sql`select from events where type = 'audit.head_lost' and tenant_id = ${tenantId}`,
    );
    return rows.length > 0;
  });
});

test('a checkpoint that was changed on its way is refused', async () => {
  const text = readFileSync(join(elsewhere, 'checkpoint.json'), 'utf8');
  await writeFile(join(elsewhere, 'forged.json'), text.replace('"position":3', '"position":1'));
  const verdict = await verifyKept('--checkpoint', 'forged.json');
  expect(verdict.code).not.toBe(0);
  expect(verdict.stderr).toContain('the checkpoint was changed');
});
