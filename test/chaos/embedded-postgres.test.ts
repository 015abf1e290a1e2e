import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBinaries } from '#adapters/postgres/binaries.ts';
import { openDatabase, type PostgresDatabase } from '#adapters/postgres/database.ts';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from '#adapters/postgres/embedded.ts';
import { isAlive, stopProcess } from '#adapters/postgres/postmaster.ts';
import { chooseUnprivileged, type SystemTraits } from '#adapters/postgres/unprivileged.ts';
import { rawSql, sql } from '#core/kernel/sql.ts';
import { stressService } from '#runtime/service-stress.ts';

/** A cluster as it is after its first start: most tests begin with a copy of it. */
let seed: string;
let directory: string;
const open: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  seed = mkdtempSync(join(tmpdir(), 'garrison-embedded-seed-'));
  const postgres = new EmbeddedPostgres({ directory: seed, isThrowaway: true });
  await postgres.start();
  await postgres.stop();
});

afterAll(() => rmSync(seed, { recursive: true }));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-embedded-'));
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true });
});

function make(options: Partial<EmbeddedPostgresOptions> = {}): EmbeddedPostgres {
  const postgres = new EmbeddedPostgres({ directory, isThrowaway: true, ...options });
  open.push(() => postgres.stop());
  return postgres;
}

function plantCluster(): void {
  execFileSync('cp', ['-a', '--reflink=auto', join(seed, 'data'), directory]);
}

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const postgres = make(options);
  await postgres.start();
  return postgres;
}

/** Patient: on a busy machine recovery takes longer than a caller would wait. */
function connect(postgres: EmbeddedPostgres): PostgresDatabase {
  const db = openDatabase({ connection: postgres.connectionAs('owner'), patienceMs: 60_000 });
  open.push(() => db.close());
  return db;
}

async function serverPid(postgres: EmbeddedPostgres): Promise<number> {
  const pid = await postgres.pid();
  if (pid === undefined) throw new Error('no server');
  return pid;
}

/** For what no signal tells us: the end of a process that is not our child. */
async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const giveUpAt = Date.now() + 60_000; !(await condition()); await delay(10)) {
    if (Date.now() > giveUpAt) throw new Error(`${what} has not happened`);
  }
}

/** Another process that owns the directory. */
async function forkOwner(
  options: Partial<EmbeddedPostgresOptions> = {},
): Promise<{ owner: ChildProcess; pid: number }> {
  const program = fileURLToPath(import.meta.resolve('#test/support/embedded-owner.ts'));
  const owner = fork(program, [JSON.stringify({ directory, isThrowaway: true, ...options })], { execArgv: [] });
  open.push(() => owner.kill('SIGKILL'));
  const [{ serverPid: pid }] = await once(owner, 'message');
  open.push(() => stopProcess(pid));
  return { owner, pid };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('the server', () => {
  test('starts where nothing is, on a socket only we can open, keeps its data, and is durable', async () => {
    const postgres = await start({ isThrowaway: false });
    const db = connect(postgres);
    await db.execute(sql`create table kept as select 42 as answer`);
    const show = async (name: string) => (await db.query<Record<string, string>>(rawSql(`show ${name}`)))[0]?.[name];
    expect(await show('listen_addresses')).toBe('');
    expect(await show('fsync')).toBe('on');
    expect(await show('synchronous_commit')).toBe('on');
    expect(await show('data_checksums')).toBe('on');
    expect(
      await db.query(sql`select datlocprovider, datcollate from pg_database where datname = current_database()`),
    ).toEqual([{ datlocprovider: 'b', datcollate: 'C.UTF-8' }]);
    for (const inner of ['data', 'socket']) expect(statSync(join(directory, inner)).mode & 0o777).toBe(0o700);
    await db.close();
    await postgres.stop();
    await postgres.start();
    expect(await connect(postgres).query(sql`select answer from kept`)).toEqual([{ answer: 42 }]);
  });

  test('keeps the contract of a service', async () => {
    plantCluster();
    const probe = async () => {
      expect(existsSync(join(directory, 'data', 'postmaster.pid'))).toBe(true);
    };
    await stressService(() => make(), { canRestart: true, probe });
  });

  test('says nothing of statements and their values in its log', async () => {
    plantCluster();
    const postgres = await start();
    await expect(connect(postgres).query(sql`select ${'top secret value'}::int as number`)).rejects.toThrow(
      'invalid input',
    );
    await postgres.stop();
    const log = readFileSync(join(directory, 'postgres.log'), 'utf8');
    expect(log).toContain('ready to accept connections');
    expect(log).not.toMatch(/top secret|select/);
  });

  test.each([
    ['too long for a socket address', 'long-'.repeat(30)],
    ['with spaces, commas and quotes', `a "quoted", 'odd' path`],
  ])('starts in a directory whose path is %s', async (_, name) => {
    const postgres = await start({ directory: join(directory, name) });
    const { host } = postgres.connection as { host: string };
    expect(statSync(host).mode & 0o777).toBe(0o700);
    expect(await connect(postgres).query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    for (const close of open.splice(0).reverse()) await close();
    if (name.startsWith('long')) expect(existsSync(host)).toBe(false);
  });

  test('is started by programs of our choice (PG_BINDIR)', async ({ skip }) => {
    const binDir = '/usr/lib/postgresql/15/bin';
    if (!existsSync(join(binDir, 'initdb'))) skip('PostgreSQL 15 is not installed here');
    const db = connect(await start({ binDir }));
    const [row] = await db.query<{ version: string }>(sql`select current_setting('server_version') as version`);
    expect(row?.version).toMatch(/^15\./);
  });
});

describe('what is refused, with what to do', () => {
  test('a second owner', async () => {
    plantCluster();
    const { owner } = await forkOwner();
    const refusal = start();
    await expect(refusal).rejects.toMatchObject({ code: 'conflict' });
    await expect(refusal).rejects.toThrow(`(pid ${owner.pid}, since `);
    await expect(refusal).rejects.toThrow('DATABASE_URL');
  });

  test('data of another major version', async () => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'PG_VERSION'), '14\n');
    await expect(start()).rejects.toThrow(/made by PostgreSQL 14.*garrison backup/);
  });

  test('programs that are not there, or not PostgreSQL', async () => {
    await expect(start({ binDir: '/nowhere' })).rejects.toThrow('/nowhere/postgres cannot be started');
    chmodSync(directory, 0o755);
    writeFileSync(join(directory, 'postgres'), '#!/bin/sh\necho postgres 9.6.1\n');
    chmodSync(join(directory, 'postgres'), 0o755);
    await expect(start({ binDir: directory })).rejects.toThrow('PostgreSQL 15 or newer is needed');
  });

  test('settings the server does not take: its own words are told, and the directory is free again', async () => {
    plantCluster();
    await expect(start({ settings: { shared_buffers: 'much' } })).rejects.toThrow(/does not start.*shared_buffers/s);
    await start();
  });
});

describe('what an earlier life left behind', () => {
  test('a directory that was being made', async () => {
    mkdirSync(join(directory, 'data.new'));
    writeFileSync(join(directory, 'data.new', 'half'), '');
    await start();
    expect(existsSync(join(directory, 'data.new'))).toBe(false);
  });

  test('a pid file whose pid is now another program’s', async () => {
    plantCluster();
    const bystander = spawn('sleep', ['60']);
    open.push(() => kill(bystander));
    writeFileSync(join(directory, 'data', 'postmaster.pid'), `${bystander.pid}\n${join(directory, 'data')}\n`);
    await start();
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
  });

  test('a pid file whose pid is nobody’s', async () => {
    plantCluster();
    const short = spawn('true');
    await once(short, 'exit');
    writeFileSync(join(directory, 'data', 'postmaster.pid'), `${short.pid}\n${join(directory, 'data')}\n`);
    await start();
  });

  test.each(['signal', 'pipe'] as const)(
    'nothing, when the owner is killed: the server ends with it (by %s)',
    async (deathWatch) => {
      plantCluster();
      const { owner, pid } = await forkOwner({ deathWatch });
      await kill(owner);
      await until(() => !isAlive(pid), 'the end of the server');
      expect(readFileSync(join(directory, 'postgres.log'), 'utf8')).toContain('database system is shut down');
      await start();
    },
  );

  test('an orphan: it is stopped, and its data are there', async () => {
    plantCluster();
    const orphan = await spawnOrphan();
    const rows = openDatabase({
      connection: { host: join(directory, 'socket'), user: 'garrison', database: 'garrison' },
    });
    await rows.execute(sql`create table kept as select 7 as answer`).finally(() => rows.close());
    const postgres = await start();
    expect(isAlive(orphan)).toBe(false);
    expect(await connect(postgres).query(sql`select answer from kept`)).toEqual([{ answer: 7 }]);
  });

  /** A server on the directory that nobody owns. */
  async function spawnOrphan(): Promise<number> {
    const unprivileged = await chooseUnprivileged();
    const { binDir } = await findBinaries({ linkDir: join(directory, 'links'), unprivileged });
    const [dataDir, socketDir] = [join(directory, 'data'), join(directory, 'socket')];
    mkdirSync(socketDir);
    await unprivileged.own(socketDir);
    const { prefix, paths } = unprivileged.reach([dataDir, socketDir]);
    const line = [join(binDir, 'postgres'), '-D', paths[0] ?? '', '-k', paths[1] ?? '', '-c', 'listen_addresses='];
    const [program = '', ...args] = [...prefix, ...line];
    const child = spawn(program, args, { stdio: 'ignore', detached: true });
    open.push(() => stopProcess(child.pid ?? 0));
    const pidFile = join(dataDir, 'postmaster.pid');
    await until(
      () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').includes('ready'),
      'the start of the orphan',
    );
    return child.pid ?? 0;
  }
});

describe('killed', () => {
  test('the server is started again by itself; reads wait for it, and nothing acknowledged is lost', async () => {
    plantCluster();
    const deaths: unknown[] = [];
    const postgres = await start({ isThrowaway: false, onDeath: (error) => deaths.push(error) });
    const db = connect(postgres);
    await db.execute(sql`create table kept as select 1 as answer`);
    const before = await serverPid(postgres);
    process.kill(before, 'SIGKILL');
    await until(() => !isAlive(before), 'its death');
    expect(await db.query(sql`select answer from kept`)).toEqual([{ answer: 1 }]);
    expect(await serverPid(postgres)).not.toBe(before);
    expect(String(deaths[0])).toContain('PostgreSQL has died');
  });

  test('a backend that is busy when its server dies does not keep the next one from starting', async () => {
    plantCluster();
    const postgres = await start();
    const db = connect(postgres);
    const busy = db.execute(rawSql('do $$ begin loop perform 1; end loop; end $$')).catch((error: unknown) => error);
    await until(async () => {
      const rows = await db.query(sql`select 1 from pg_stat_activity where query like 'do $$%'`);
      return rows.length === 1;
    }, 'the busy statement');
    process.kill(await serverPid(postgres), 'SIGKILL');
    expect(await busy).toMatchObject({ code: 'unavailable' });
    await until(async () => (await db.query(sql`select 1 as one`).catch(() => [])).length === 1, 'its return');
  });

  test('one backend: its statement fails as unavailable, the others recover', async () => {
    plantCluster();
    const postgres = await start();
    const db = connect(postgres);
    const writer = db.execute(sql`do $$ begin perform pg_sleep(60); end $$`).catch((error: unknown) => error);
    await until(async () => {
      const rows = await db.query<{ pid: number }>(sql`select pid from pg_stat_activity where query like 'do $$%'`);
      for (const { pid } of rows) process.kill(pid, 'SIGKILL');
      return rows.length > 0;
    }, 'the start of the sleeper');
    expect(await writer).toMatchObject({ code: 'unavailable' });
    expect(await db.query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('ten times in a row while rows are written: every acknowledged row is there, once', async () => {
    plantCluster();
    const postgres = await start({ isThrowaway: false });
    const db = connect(postgres);
    await db.execute(sql`create table rows (id int primary key)`);
    const acknowledged: number[] = [];
    const errors: unknown[] = [];
    let next = 0;
    let isOver = false;
    const writing = (async () => {
      while (!isOver) {
        const id = next++;
        await db.execute(sql`insert into rows values (${id})`).then(
          () => acknowledged.push(id),
          (error: { code: string }) => errors.push(error.code),
        );
        await setImmediate();
      }
    })();
    try {
      for (let round = 0; round < 10; round += 1) {
        const goal = acknowledged.length + 20;
        await until(() => acknowledged.length >= goal, `round ${round}`);
        await until(async () => isAlive((await postgres.pid()) ?? 0), `the server of round ${round}`); // not a backend it left
        process.kill(await serverPid(postgres), 'SIGKILL');
      }
    } finally {
      isOver = true;
      await writing;
    }
    const stored = new Set((await db.query<{ id: number }>(sql`select id from rows`)).map(({ id }) => id));
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(errors.filter((code) => code !== 'unavailable')).toEqual([]);
  });
});
describe.skipIf(process.getuid?.() !== 0)('started by root', () => {
  /** Those who can do most: superusers of the database. */
  function superuser(postgres: EmbeddedPostgres): PostgresDatabase {
    const db = openDatabase({ connection: postgres.connectionAs('superuser') });
    open.push(() => db.close());
    return db;
  }

  test.each<[string, SystemTraits]>([
    ['the account of its own', {}],
    ['a number of its own, where no account can be made', { hasAccounts: false }],
  ])('the server runs as %s, and a superuser in it is nobody on the host', async (_, system) => {
    writeFileSync(join(directory, 'master.key'), 'the key', { mode: 0o600 });
    process.env.GARRISON_SECRET_KEY = 'a secret of the environment';
    open.push(() => delete process.env.GARRISON_SECRET_KEY);
    const postgres = await start({
      directory: join(directory, 'postgres'),
      unprivileged: await chooseUnprivileged(system),
    });
    expect(statSync(`/proc/${await serverPid(postgres)}`).uid).not.toBe(0);
    const db = superuser(postgres);
    await db.execute(sql`create table loot (line text)`);
    const loot = async (command: string) => {
      await db.execute(sql`truncate loot`);
      await db.execute(rawSql(`copy loot from program '${command}' with (delimiter e'\\x01')`));
      return (await db.query<{ line: string }>(sql`select line from loot`)).map(({ line }) => line).join('\n');
    };
    const key = join(directory, 'master.key');
    for (const file of [key, '/etc/shadow', join(directory, 'postgres', 'postgres.log')]) {
      await expect(loot(`cat ${file}`), file).rejects.toThrow('program');
      await expect(db.query(sql`select pg_read_file(${file})`), file).rejects.toThrow('Permission denied');
    }
    await expect(loot(`echo forged > ${key}`)).rejects.toThrow('program');
    expect(await loot('cat /proc/self/status')).toMatch(/^Groups:\s*$/m);
    expect(await loot('env')).not.toContain('secret');
    await expect(loot(`cat /proc/${process.pid}/environ`)).rejects.toThrow('program');
  });

  test('the account of the server is no client of it', async () => {
    const db = superuser(await start());
    await db.execute(sql`create extension dblink`);
    const inside = sql`select dblink_connect('host=/proc/self/fd/4 user=garrison dbname=garrison')`;
    await expect(db.query(inside)).rejects.toMatchObject({
      cause: { detail: expect.stringContaining('Peer authentication failed for user "garrison"') },
    });
  });

  test('data that an earlier version made as root become the account’s, and the directory stays closed', async () => {
    plantCluster();
    execFileSync('chown', ['-R', '0:0', directory]);
    const postgres = await start();
    expect(await connect(postgres).query(sql`select 1 as one`)).toEqual([{ one: 1 }]);
    expect(statSync(join(directory, 'data', 'base')).uid).toBe(statSync(join(directory, 'data')).uid);
    expect(statSync(join(directory, 'data')).uid).not.toBe(0);
    expect(statSync(directory)).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  test('is told what to do where there is neither an account nor a namespace', async () => {
    const choice = chooseUnprivileged({ isRoot: true, hasAccounts: false, hasNamespaces: false });
    await expect(choice).rejects.toThrow('useradd --system garrison-postgres');
  });
});

test('whoever is not root runs the server as himself', async () => {
  const { prefix, paths } = (await chooseUnprivileged({ isRoot: false })).reach(['/a']);
  expect([prefix, paths]).toEqual([[], ['/a']]);
});
