import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownPackage } from '#runtime/own-package.ts';
import { Installation, script, until } from '#test/support/installation.ts';
import { processesWith } from '#test/support/process-table.ts';

const BUILD = fileURLToPath(new URL('../../../build/release.ts', import.meta.url));
const execute = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'garrison-release-'));
chmodSync(directory, 0o755); // the database of root runs as another account
const release = join(directory, 'garrison');
const program = join(release, 'bin', 'garrison');

/** As an operator would from anywhere, with nothing of npm in the path. */
const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  execute(file, [...args], { cwd: '/', env: { PATH: withoutPackages(), HOME: directory, ...env } });

beforeAll(async () => {
  await execute(process.execPath, [BUILD, join(directory, 'built')]);
  renameSync(join(directory, 'built'), release);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a release is one controller, one node and a database, wherever it is put', async () => {
  const site = await Installation.start({ program, withLocalNode: true, env: { PATH: withoutPackages() } });
  try {
    await until('the local node connected', async () => (await connected(site)) === 1);
    const events = await site.run({ target: { All: null }, ...script('echo hello') });
    expect(events.at(-1)).toMatchObject({ event: 'fleet_result', data: { summary: { ok: 1 } } });
    for (const path of ['/swaggerui/assets/swagger-ui.css', '/redoc/assets/redoc.standalone.js', '/openapi']) {
      expect([path, (await fetch(site.ready.api + path)).status]).toEqual([path, 200]);
    }
    const processes = processesWith(site.dataDir);
    expect(processes.length).toBeGreaterThanOrEqual(3); // the controller, its database, the node
    for (const pid of processes) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(new RegExp(`^(${release}/|postgres: )`));
    }
  } finally {
    await site.close();
  }
  expect(processesWith(release)).toEqual([]);
});

test('it says what it is made of', () => {
  const bill = JSON.parse(readFileSync(join(release, 'sbom.cdx.json'), 'utf8'));
  expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'garrison' } } });
  const names: string[] = bill.components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['fastify', 'jose', 'pg', 'yaml', 'redoc', 'node', 'postgresql']));
  for (const tool of ['vitest', 'typescript', 'knip', 'esbuild']) expect(names).not.toContain(tool);
});

test('what is loaded only when it is needed is there: YAML to read and to write, codes for a camera', async () => {
  const policy = join(directory, 'policy.yaml');
  writeFileSync(policy, 'allow: [cmd.run\n'); // a bracket is missing: only a parser can say so
  const unread = run(program, ['node', 'run', '--policy', policy, '--state-dir', join(directory, 'state')]);
  await expect(unread).rejects.toThrow(/policy\.yaml cannot be used: Flow sequence/);
  const site = await Installation.start({ program });
  try {
    const access = { GARRISON_API: site.ready.api, GARRISON_TOKEN: site.ready.edgeToken };
    const { stdout } = await run(program, ['edge', 'ls', '-o', 'yaml'], access);
    expect(stdout).toBe('[]\n');
    const { stderr } = await run(program, ['edge', 'enroll-token', '--qr'], access);
    expect(stderr).toContain('▄▄▄▄▄');
  } finally {
    await site.close();
  }
});

test('the release for nodes joins and runs, and has no controller', async () => {
  const forNodes = join(directory, 'garrison-node');
  await execute(process.execPath, [BUILD, '--node', forNodes]);
  const node = join(forNodes, 'bin', 'garrison');
  const site = await Installation.start({ program });
  try {
    const daemon = await site.addNode('bundled', {}, node);
    const events = await site.run({ target: { All: null }, ...script('echo hello') });
    expect(events.at(-1)).toMatchObject({ event: 'fleet_result', data: { summary: { ok: 1 } } });
    await daemon.stop();
  } finally {
    await site.close();
  }
  const controller = run(node, ['controller', '--data-dir', join(directory, 'no-controller')]);
  await expect(controller).rejects.toThrow(/set DATABASE_URL|release for nodes/);
});

test('it says which version it is, and of which commit when the build knew it', async () => {
  const file = join(release, 'package.json');
  const built = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...built, gitHead: '0123456789abcdef0123456789abcdef01234567' }));
  const { stdout } = await run(program, ['--version']);
  expect(stdout).toBe(`garrison ${ownPackage.version} (0123456789ab)\n`);
});

test('the service it installs is its own program', async () => {
  const { stdout } = await run(program, ['node', 'service', 'install', '--print']);
  expect(stdout).toContain(`ExecStart=${program} node run`);
});

test('its stack traces lead to the sources when they are asked to', async () => {
  const node = join(release, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const main = JSON.stringify(join(release, 'lib', 'main.js'));
  const thrower = `process.argv = { slice() { throw new Error('asked for') } }; import(${main})`;
  const failure = run(node, ['--enable-source-maps', '-e', thrower]);
  await expect(failure).rejects.toThrow(/asked for[\s\S]*src\/cli\/main\.ts:\d+/);
});

async function connected(site: Installation): Promise<number> {
  return (await Array.fromAsync(site.fleet.hosts({ connected: true }))).length;
}

function withoutPackages(): string {
  const path = (process.env.PATH ?? '').split(':');
  return path.filter((entry) => !entry.includes('node_modules')).join(':');
}
