/**
 * A PostgreSQL as somebody else has set it up: Debian's, reached by TCP, with passwords, with TLS for whom pg_hba.conf says so,
 * and PgBouncer in front of it when a test asks for one.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { freePorts } from './installation.ts';
import { testAuthority } from './test-authority.ts';

const PROGRAMS = '/usr/lib/postgresql/15/bin';
const PGBOUNCER = '/usr/sbin/pgbouncer';

/** What a machine lacks for these tests; undefined when nothing. */
export function missingPrograms(): string | undefined {
  if (!existsSync(join(PROGRAMS, 'postgres'))) return 'postgresql-15 of Debian is not installed';
  return existsSync(PGBOUNCER) ? undefined : 'pgbouncer is not installed';
}

const PASSWORD = 'a/secret?of#ours';

/** `encrypted` comes in with TLS only, `certified` with a certificate only, nobody calls himself `unlisted`. */
const RULES = `
local all postgres trust
host all unlisted 127.0.0.1/32 reject
hostnossl all encrypted 127.0.0.1/32 reject
hostssl all certified 127.0.0.1/32 cert
host all all 127.0.0.1/32 scram-sha-256
`;

export class DebianPostgres {
  static readonly password = PASSWORD;
  readonly port: number;
  readonly authorityFile: string;
  readonly #directory: string;
  readonly #account: Account;
  readonly #children: ChildProcess[] = [];

  private constructor(directory: string, account: Account, port: number) {
    this.#directory = directory;
    this.#account = account;
    this.port = port;
    this.authorityFile = this.file('authority.pem');
  }

  /** The superuser has the socket; `garrison` owns the database of that name. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<DebianPostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'garrison-debian-'));
    const account = await accountOf('postgres');
    chownSync(directory, account.uid, account.gid);
    const [port = 0] = await freePorts(1);
    const server = new DebianPostgres(directory, account, port);
    await server.#begin(settings);
    return server;
  }

  async #begin(settings: Readonly<Record<string, string>>): Promise<void> {
    const data = join(this.#directory, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8'];
    await promisify(execFile)(join(PROGRAMS, 'initdb'), initdb, { ...this.#account, cwd: '/' });
    this.write('data/pg_hba.conf', RULES);
    const authority = testAuthority('Authority of the database');
    const server = authority.issue('localhost', 'server');
    const client = authority.issue('certified', 'client');
    this.write('authority.pem', authority.certificate);
    this.write('server.pem', server.certificateChain);
    this.write('server.key', server.privateKey);
    this.write('client.pem', client.certificateChain);
    this.write('client.key', client.privateKey);
    const given = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#directory,
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: this.file('server.pem'),
      ssl_key_file: this.file('server.key'),
      ssl_ca_file: this.authorityFile,
      ...settings,
    };
    const words = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await this.#run(join(PROGRAMS, 'postgres'), ['-D', data, ...words], /ready to accept connections/);
    await this.sql(`create role garrison login password '${PASSWORD}'`);
    await this.sql('create database garrison owner garrison');
  }

  file(name: string): string {
    return join(this.#directory, name);
  }

  /** A file that only the server's account reads. */
  write(name: string, text: string): void {
    writeFileSync(this.file(name), text, { mode: 0o600 });
    chownSync(this.file(name), this.#account.uid, this.#account.gid);
  }

  /** One statement as the superuser; returns what psql prints. */
  async sql(statement: string, database = 'postgres'): Promise<string> {
    const words = ['-h', this.#directory, '-p', String(this.port), '-U', 'postgres', '-d', database];
    const { stdout } = await promisify(execFile)(
      join(PROGRAMS, 'psql'),
      [...words, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', statement],
      { ...this.#account, cwd: '/' },
    );
    return stdout.trim();
  }

  url({
    user = 'garrison',
    password = PASSWORD,
    database = 'garrison',
    host = '127.0.0.1',
    port = this.port,
    query = '',
  } = {}) {
    return `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}${query}`;
  }

  /** In transaction mode. @returns its port */
  async startBouncer(user = 'garrison'): Promise<number> {
    const [port = 0] = await freePorts(1);
    this.write('users.txt', `"${user}" "${PASSWORD}"\n`);
    const ini = [
      '[databases]',
      `* = host=127.0.0.1 port=${this.port}`,
      '[pgbouncer]',
      `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =`,
      `auth_type = scram-sha-256\nauth_file = ${this.file('users.txt')}`,
      'pool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 100',
      `pidfile = ${this.file('bouncer.pid')}`,
    ];
    this.write('pgbouncer.ini', ini.join('\n'));
    await this.#run(PGBOUNCER, [this.file('pgbouncer.ini')], /process up/);
    return port;
  }

  async #run(program: string, words: readonly string[], ready: RegExp): Promise<void> {
    const child = spawn(program, [...words], { ...this.#account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    this.#children.push(child);
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      if (!ready.test(line)) continue;
      child.stderr.resume();
      return;
    }
    throw new Error(`${program} ended: ${said.join('\n')}`);
  }

  async close(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue;
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

async function accountOf(name: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const id = async (flag: string) => Number((await promisify(execFile)('id', [flag, name])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
