import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { AuditWriter } from '#core/audit/audit-writer.ts';
import { writeHead } from '#core/audit/chain.ts';
import { chainHead } from '#core/audit/store.ts';
import { makeDays } from '#core/days/make-days.ts';
import { ManualClock, systemClock } from '#core/kernel/clock.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import { sql } from '#core/kernel/sql.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { silentLog } from '#runtime/log.ts';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { AuditCheckpoints } from './audit-checkpoints.ts';
import { readCheckpoint } from './checkpoint.ts';

let database: TestDatabase;
let tenantId: TenantId;
beforeAll(async () => {
  database = await testDatabase();
  await makeDays({ db: database.db, clock: systemClock });
  ({ id: tenantId } = await ensureSystemTenant({ db: database.db, clock: systemClock }));
});
afterAll(() => database.close());

const keys = new AuditKeys(Buffer.alloc(32, 1));

async function setup() {
  const directory = await mkdtemp(join(tmpdir(), 'garrison-checkpoint-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'audit-checkpoint.json');
  const lines: [string, Record<string, unknown>][] = [];
  const note = (level: string) => (facts: object) => void lines.push([level, { ...facts }]);
  const log = { ...silentLog, info: note('info'), warn: note('warn'), error: note('error') };
  const clock = new ManualClock(new Date('2026-03-01T10:00:00.000Z'));
  const start = () => new AuditCheckpoints({ db: database.db, keys, clock, log, file });
  await write('a');
  const events = async (type: string) => {
    const rows = await database.db.query<{ data: { position: number; hash: string } }>(
      sql`select data from events where tenant_id = ${tenantId} and type = ${type} order by id`,
    );
    return rows.map(({ data }) => `${data.position}:${data.hash}`);
  };
  return { directory, file, lines, clock, start, events };
}

async function write(action: string): Promise<void> {
  const writer = new AuditWriter({ db: database.db, log: silentLog, clock: systemClock, keys });
  const who = { tenantId, subject: 'key-1', object: undefined, address: undefined, outcome: 'ok' };
  await writer.record({ ...who, action, requestId: newId(), facts: {}, at: new Date() });
  await writer.stop();
}

const headNow = async () => writeHead(await chainHead(database.db, tenantId));

test('the head is in a signed file, in our log and among the events of the tenant, and told again once it has moved', async () => {
  const { file, lines, start, events } = await setup();
  const checkpoints = start();
  await checkpoints.pass();
  const head = await headNow();
  const written = readCheckpoint(keys.publicKeyPem, await readFile(file, 'utf8'));
  expect([...written.heads].map(([id, known]) => [id, writeHead(known)])).toEqual([[tenantId, head]]);
  expect(lines).toEqual([['info', { heads: [`${tenantId} ${head}`], moved: 1 }]]);
  expect((await events('audit.checkpointed')).at(-1)).toBe(head);
  await checkpoints.pass();
  expect(lines).toHaveLength(1);
  await write('b');
  await checkpoints.pass();
  expect((await events('audit.checkpointed')).at(-1)).toBe(await headNow());
});

test('openssl finds the signature good, and not that of a file that was changed', async () => {
  const { directory, file, start } = await setup();
  await start().pass();
  const [document = '', signature = ''] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(join(directory, 'public.pem'), keys.publicKeyPem);
  await writeFile(join(directory, 'signature'), Buffer.from(signature, 'base64'));
  const verify = async (text: string) => {
    await writeFile(join(directory, 'document'), text);
    const given = ['-rawin', '-in', 'document', '-sigfile', 'signature'];
    const args = ['pkeyutl', '-verify', '-pubin', '-inkey', 'public.pem', ...given];
    return execFileSync('openssl', args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  };
  expect(await verify(document)).toContain('Verified Successfully');
  await expect(verify(document.replace('1', '2'))).rejects.toThrow();
});

test.each(['while it runs', 'after a restart'])(
  'a head that is no longer in the log is told, %s, and its checkpoint kept',
  async (when) => {
    const { directory, file, lines, start, events } = await setup();
    const checkpoints = start();
    await checkpoints.pass();
    const head = await headNow();
    const former = await readFile(file, 'utf8');
    await database.asOwner(sql`
    delete from audit where chain_position = (select max(chain_position) from audit where tenant_id = ${tenantId})`);
    await (when === 'while it runs' ? checkpoints : start()).pass();
    const [, told] = lines.find(([level]) => level === 'error') ?? [];
    expect(told).toMatchObject({ heads: [`${tenantId} ${head}`], lost: 1 });
    expect((await events('audit.head_lost')).at(-1)).toBe(head);
    const kept = (await readdir(directory)).find((name) => name.includes('.lost-')) ?? '';
    expect(await readFile(join(directory, kept), 'utf8')).toBe(former);
    expect(await readFile(file, 'utf8')).not.toBe(former);
  },
);

test('a checkpoint that we did not sign is told, not believed, and replaced', async () => {
  const { file, lines, start } = await setup();
  await start().pass();
  const [document = '', signature = ''] = (await readFile(file, 'utf8')).split('\n');
  await writeFile(file, `${document.replace('garrison', 'Garrison')}\n${signature}\n`);
  await start().pass();
  expect(lines.filter(([level]) => level === 'error')).toHaveLength(1);
  expect(readCheckpoint(keys.publicKeyPem, await readFile(file, 'utf8')).heads.size).toBe(1);
});
