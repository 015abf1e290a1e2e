/**
 * What people get wrong every day, and what they are told: what happened, why, and what to do. None of it is "a defect
 * of garrison", none of it shows a stack, and each ends with the exit code that scripts look at.
 */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExitCode } from '#cli/exit-codes.ts';
import { DebianPostgres, missingPrograms } from '#test/support/debian-postgres.ts';
import { freePorts, Installation } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

let site: Installation;
/** Where there is one. */
let database: DebianPostgres | undefined;
const missing = missingPrograms();

beforeAll(async () => {
  site = await Installation.start();
  if (missing !== undefined) return;
  database = await DebianPostgres.start({ ssl: 'off' });
  await database.sql(`create role reader login password '${DebianPostgres.password}'`);
  await database.sql(`create database latin owner garrison encoding 'LATIN1' template template0 locale 'C'`);
});

afterAll(async () => {
  await database?.close();
  await site.close();
});

interface Ended {
  readonly code: number;
  readonly stderr: string;
}

/** Ports are free ones unless the arguments name them. */
async function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const free = ['--port', '--tls-port', '--node-port'].flatMap((flag) => (args.includes(flag) ? [] : [flag, '0']));
  return run(['controller', ...free, ...args], env);
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = '' } = process.env;
  const { api, edgeToken } = site.ready;
  const ownEnv = {
    PATH,
    HOME: site.directory,
    GARRISON_API: api,
    GARRISON_TOKEN: edgeToken,
    GARRISON_LOG_LEVEL: 'silent',
  };
  return promisify(execFile)(garrison, [...args], {
    env: { ...ownEnv, ...env },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }) => ({ code, stderr }),
  );
}

const dir = (name: string) => join(site.directory, name);
const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1);
const at = (scheme: string, address: string) => `${scheme}://127.0.0.1:${portOf(address)}`;

interface Mistake {
  readonly name: string;
  readonly made: () => Promise<Ended>;
  readonly told: readonly (string | RegExp)[];
  readonly code: ExitCode;
}

const mistakes: readonly Mistake[] = [
  {
    name: 'the port of the API is used',
    made: () => start(['--data-dir', dir('a'), '--port', portOf(site.ready.api)]),
    told: ['is used by another program', '--port'],
    code: ExitCode.failed,
  },
  {
    name: 'the TLS port is used',
    made: () => start(['--data-dir', dir('a'), '--tls-port', portOf(site.ready.tls)]),
    told: ['is used by another program', '--tls-port'],
    code: ExitCode.failed,
  },
  {
    name: 'the port for nodes is used',
    made: () => start(['--data-dir', dir('a'), '--node-port', portOf(site.ready.nodes)]),
    told: ['is used by another program', '--node-port'],
    code: ExitCode.failed,
  },
  {
    name: 'the port of the name server is used',
    made: () => start(['--data-dir', dir('a')], { GARRISON_DNS_PORT: portOf(site.ready.api) }),
    told: ['is used by another program', 'GARRISON_DNS_PORT'],
    code: ExitCode.failed,
  },
  {
    name: 'the address is not of this machine',
    made: () => start(['--data-dir', dir('a')], { GARRISON_NODE_HOST: '203.0.113.1' }),
    told: ['does not have the address 203.0.113.1', 'ip address'],
    code: ExitCode.failed,
  },
  {
    name: 'the data directory is a file',
    made: () => {
      writeFileSync(dir('file'), '');
      return start(['--data-dir', dir('file')]);
    },
    told: [/file is a file where a directory is needed/, 'Name another place'],
    code: ExitCode.failed,
  },
  {
    name: 'the data directory cannot be made',
    made: () => start(['--data-dir', '/proc/garrison/data']),
    told: ['there is no /proc/garrison, and it cannot be made there'],
    code: ExitCode.failed,
  },
  {
    name: 'the data directory is of a controller that runs',
    made: () => start(['--data-dir', site.dataDir]),
    told: [/data is in use by a garrison controller \(pid \d+/, '--data-dir'],
    code: ExitCode.conflict,
  },
  {
    name: 'others may read the secret key',
    made: async () => {
      const dataDir = dir('open');
      await start(['--data-dir', dataDir, '--port', portOf(site.ready.api)]); // makes the key, then has no port
      chmodSync(join(dataDir, 'secret.key'), 0o644);
      return start(['--data-dir', dataDir]);
    },
    told: [/secret\.key is open to other users \(mode 0644\)/, /chmod 600 .*secret\.key/],
    code: ExitCode.usage,
  },
  {
    name: 'plain HTTP to the TLS port',
    made: () => run(['edge', 'ls', '--api', at('http', site.ready.tls)]),
    told: ['the connection was closed', /is it https:\/\/127/],
    code: ExitCode.unreachable,
  },
  {
    name: 'HTTPS to the plain port',
    made: () => run(['edge', 'ls', '--api', at('https', site.ready.api)]),
    told: ['it does not speak TLS', /Is it http:\/\/127/],
    code: ExitCode.unreachable,
  },
  {
    name: 'the port for nodes instead of the API',
    made: () => run(['edge', 'ls', '--api', at('https', site.ready.nodes)]),
    told: ['it speaks TLS, and not HTTP', 'the port for nodes'],
    code: ExitCode.unreachable,
  },
  {
    name: 'an address without a scheme',
    made: () => run(['edge', 'ls', '--api', 'localhost:7070']),
    told: ['An address begins with http:// or https://'],
    code: ExitCode.unreachable,
  },
  {
    name: 'nobody listens there',
    made: async () => run(['edge', 'ls', '--api', `http://127.0.0.1:${(await freePorts(1))[0]}`]),
    told: ['connection refused', 'garrison up'],
    code: ExitCode.unreachable,
  },
  {
    name: 'a key nobody knows',
    made: () => run(['edge', 'ls'], { GARRISON_TOKEN: 'grn_nobody' }),
    told: ['GARRISON_TOKEN', 'garrison profile'],
    code: ExitCode.auth,
  },
  {
    name: 'a node nobody knows',
    made: () => run(['run', 'true', '--on', '@web-01']),
    told: ['there is no node called web-01', 'garrison nodes list'],
    code: ExitCode.unavailable,
  },
  {
    name: 'a node that is left out of nothing',
    made: () => run(['run', 'true', '--on', '!@web-01']),
    told: ['a set has to stand before it', 'all!web-1'],
    code: ExitCode.usage,
  },
  {
    name: 'a tool without its arguments',
    made: () => run(['run', '--on', 'all', '--tool', 'service.restart']),
    told: ['args.name is required'],
    code: ExitCode.failed,
  },
];

/** With the database of somebody else. */
function startOn(place: Parameters<DebianPostgres['url']>[0]): Promise<Ended> {
  return start(['--data-dir', dir('d')], { DATABASE_URL: database?.url(place) ?? '' });
}

const databaseMistakes: readonly Mistake[] = [
  {
    name: 'a wrong password of the database',
    made: () => startOn({ password: 'hidden-word' }),
    told: ['does not accept the password of the role "garrison"', 'DATABASE_URL'],
    code: ExitCode.auth,
  },
  {
    name: 'a database that is not there',
    made: () => startOn({ database: 'garison' }),
    told: ['has no database "garison"', 'createdb --encoding=UTF8'],
    code: ExitCode.usage,
  },
  {
    name: 'a host of the database that is not there',
    made: () => startOn({ host: 'database.invalid' }),
    told: ['database.invalid', 'DATABASE_URL'],
    code: ExitCode.unavailable,
  },
  {
    name: 'a port of the database on which nobody listens',
    made: async () => startOn({ port: (await freePorts(1))[0] ?? 0 }),
    told: ['Nobody listens at 127.0.0.1', 'Start PostgreSQL'],
    code: ExitCode.unavailable,
  },
  {
    name: 'a role that may make no tables',
    made: () => startOn({ user: 'reader' }),
    told: ['the role of DATABASE_URL may not', 'GARRISON_MIGRATION_DATABASE_URL'],
    code: ExitCode.conflict,
  },
  {
    name: 'a database of another encoding',
    made: () => startOn({ database: 'latin' }),
    told: ['the encoding LATIN1', 'createdb --encoding=UTF8 --template=template0'],
    code: ExitCode.usage,
  },
  {
    name: 'TLS that the database does not offer',
    made: () => startOn({ query: '?sslmode=require' }),
    told: ['offers no TLS', 'ssl = on'],
    code: ExitCode.usage,
  },
  {
    name: 'a URL of the database that cannot be read',
    made: () => start(['--data-dir', dir('d')], { DATABASE_URL: 'postgresql://garrison:hidden-word/?#@host/garrison' }),
    told: ['cannot be read', 'percent-encoded'],
    code: ExitCode.usage,
  },
  {
    name: 'a pooler without a way around it',
    made: async () => startOn({ port: await database?.startBouncer() }),
    told: ['PgBouncer', 'GARRISON_DIRECT_DATABASE_URL'],
    code: ExitCode.usage,
  },
  {
    name: 'a backup of a database that is not there',
    made: () => run(['backup', '--out', dir('backup')], { DATABASE_URL: database?.url({ database: 'garison' }) ?? '' }),
    told: ['has no database "garison"'],
    code: ExitCode.usage,
  },
];

test.for(databaseMistakes)('$name', async ({ made, told, code }, { skip }) => {
  if (missing !== undefined) skip(missing);
  const { code: ended, stderr } = await made();
  for (const words of told) expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/something unexpected went wrong|defect|^ {4}at |hidden-word/m);
  expect(stderr).not.toContain(DebianPostgres.password);
  expect(ended).toBe(code);
});

test.each(mistakes)('$name', async ({ made, told, code }) => {
  const { code: ended, stderr } = await made();
  for (const words of told) expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/something unexpected went wrong|defect|^ {4}at /m);
  expect(ended).toBe(code);
});
