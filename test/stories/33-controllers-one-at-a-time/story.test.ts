import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#test/support/database.ts';
import { Installation, script, until } from '#test/support/installation.ts';
import { NodeReleases } from '#test/support/node-releases.ts';

const execute = promisify(execFile);
const releases = new NodeReleases('full');
let database: TestDatabase;
let east: Controller;
let west: Controller;
/** What both go to. */
let good = '';

/** A controller in a directory of releases of its own, kept running by the supervisor. */
interface Controller {
  readonly site: Installation;
  readonly home: string;
}

beforeAll(async () => {
  [database] = await Promise.all([testDatabase(), releases.build()]);
  east = await start('east', { DATABASE_URL: database.url });
  const joins = { DATABASE_URL: database.url, GARRISON_SECRET_KEY: east.site.secretKey() };
  west = await start('west', joins);
  await Promise.all([east.site.addNode('east-1'), west.site.addNode('west-1')]);
});
afterAll(async () => {
  await west?.site.close();
  await east?.site.close();
  await database?.close();
  releases.remove();
});

async function start(name: string, env: Readonly<Record<string, string>>): Promise<Controller> {
  const { path } = releases.install(name);
  const program = join(path, 'current', 'bin', 'garrison');
  const site = await Installation.start({
    program,
    isSupervised: true,
    env: { ...env, GARRISON_CONTROLLER_NAME: name },
  });
  return { site, home: path };
}

function updateArguments({ site }: Controller, bundle: string, more: readonly string[]): string[] {
  return ['controller', 'update', bundle, '--data-dir', site.dataDir, ...more];
}

/** As the operator of its machine calls it: nothing says where the database is but the controller that runs. */
async function update(controller: Controller, bundle: string, ...more: string[]): Promise<string> {
  const program = join(controller.home, 'current', 'bin', 'garrison');
  const { stdout, stderr } = await execute(program, updateArguments(controller, bundle, more));
  return stdout + stderr;
}

function current({ home }: Controller): string {
  return readlinkSync(join(home, 'current'));
}

async function isReady({ site }: Controller): Promise<boolean> {
  return fetch(`${site.ready.api}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

test('without a key nothing is verified, and nothing is changed', async () => {
  const bundle = await releases.bundle('9.0.0', { script: 'exit 1' });
  await expect(update(east, bundle)).rejects.toThrow('no release key');
  expect(current(east)).toBe('installed');
});

test('two controllers go to a release one after the other, while orders are answered exactly once', async () => {
  good = await releases.bundle('9.1.0');
  const marks = join(east.site.directory, 'marks');
  const order = { target: { All: null }, ...script(`echo "$GARRISON_EXECUTION_ID" >>'${marks}'; sleep 2; echo done`) };
  let wereBothAway = false;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const found = await Promise.all([isReady(east), isReady(west)]);
      wereBothAway ||= !found.includes(true);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const runs = [await east.site.begin(order), await west.site.begin(order)];
  const updates = Promise.all(
    [east, west].map((controller) => update(controller, good, '--release-key', `${releases.key}.pub`)),
  );
  await until('the first of them is away', async () => !(await isReady(east)) || !(await isReady(west)));
  const other = (await isReady(east)) ? east : west;
  runs.push(await other.site.begin(order));
  const said = await updates;
  isOver = true;
  await watching;
  expect(wereBothAway).toBe(false);
  expect(said.join('')).toMatch(/waiting for (east|west), which is being updated/);
  expect([current(east), current(west)]).toEqual([
    expect.stringMatching(/^9\.1\.0-/),
    expect.stringMatching(/^9\.1\.0-/),
  ]);
  const answers = await Promise.all(runs.map((run) => east.site.untilEnded(run)));
  for (const { outcome, per_node } of answers)
    expect([outcome, new Set(per_node.map((one) => one.outcome))]).toEqual(['complete', new Set(['ok'])]);
  const asked = answers.map(({ per_node }) => per_node.length);
  expect([asked.slice(0, 2), asked[2]]).toEqual([[2, 2], expect.toBeOneOf([1, 2])]); // one is on its way to the other controller
  const started = readFileSync(marks, 'utf8').trim().split('\n');
  expect([started.length, new Set(started).size]).toEqual(Array(2).fill(asked.reduce((sum, count) => sum + count)));
  expect(await update(east, good)).toContain('runs 9.1.0 already');
});

describe('the controller stays where it is, and says why, when the release', () => {
  test.each<[string, string, (name: string) => Promise<string>]>([
    [
      'is signed by another key',
      'by another key',
      async (version) => {
        const key = join(releases.directory, `stranger-${Date.now()}.key`);
        await releases.makeKey(key);
        return releases.bundle(version, { script: 'exit 1', key });
      },
    ],
    ['is older', 'older than the present one', (version) => releases.bundle(version, { script: 'exit 1', counter: 1 })],
    [
      'is for another platform',
      'is for linux-sparc',
      (version) => releases.bundle(version, { script: 'exit 1', platform: ['linux', 'sparc'] }),
    ],
    [
      'was changed after it was signed',
      'is not the bundle that is signed',
      async (version) => {
        const bundle = await releases.bundle(version, { script: 'exit 1' });
        const other = await releases.bundle(`${version}.1`, { script: 'exit 2' });
        copyFileSync(other, bundle);
        return bundle;
      },
    ],
    [
      'was cut off',
      'cannot be read',
      async (version) => {
        const bundle = await releases.bundle(version, { script: 'exit 1' });
        writeFileSync(bundle, readFileSync(bundle).subarray(0, 200));
        return bundle;
      },
    ],
    [
      'does not even say its version',
      'does not run on this host',
      (version) =>
        releases.bundle(version, {
          script: 'exit 1',
          change: (root) => writeFileSync(join(root, 'bin', 'garrison'), 'exit 1'),
        }),
    ],
    [
      'changes the schema so that the other controller would stop working',
      'stop west first',
      (version) =>
        releases.bundle(version, {
          script: 'exit 1',
          change: (root) => {
            mkdirSync(join(root, 'migrations'));
            writeFileSync(join(root, 'migrations', '9999_other.sql'), '-- breaking\nselect 1;\n');
          },
        }),
    ],
  ])('%s', async (_, why, make) => {
    const before = current(east);
    const bundle = await make(`9.2.0-${Date.now()}`);
    await expect(update(east, bundle)).rejects.toThrow(why);
    expect([current(east), await isReady(east)]).toEqual([before, true]);
  });

  test('is none for controllers', async () => {
    const change = (root: string) => {
      const described = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      const release = { ...described.release, kind: 'node' };
      writeFileSync(join(root, 'package.json'), JSON.stringify({ ...described, release }));
    };
    const bundle = await releases.bundle('9.2.9', { script: 'exit 1', change });
    await expect(update(east, bundle)).rejects.toThrow('one for nodes');
  });
});

/** Has migrations, as every full release, and is otherwise nothing but a script. */
function spoiled(version: string, text: string): Promise<string> {
  const change = (root: string) => mkdirSync(join(root, 'migrations'));
  return releases.bundle(version, { script: text, change });
}

test('a release that never becomes ready is left for the one before it, which is ready again', async () => {
  const before = current(east);
  const bundle = await spoiled('9.3.0', 'exit 2'); // with which a supervisor ends at other times
  await expect(update(east, bundle, '--within', '4s')).rejects.toThrow(
    /9\.3\.0 was not ready within 4 seconds.*is back/s,
  );
  expect([current(east), await isReady(east)]).toEqual([before, true]);
});

test('who updates is killed in the middle: the next call settles it, and takes its turn over', async () => {
  const before = current(east);
  const bundle = await spoiled('9.4.0', 'exec sleep 1000');
  const program = join(east.home, 'current', 'bin', 'garrison');
  const updating = spawn(program, updateArguments(east, bundle, []), { stdio: 'ignore' });
  await until('the link leads to it', () => current(east).startsWith('9.4.0'));
  await killed(updating);
  const former = join(east.home, before, 'bin', 'garrison'); // the present one does not run
  const { stdout, stderr } = await execute(former, updateArguments(east, good, ['--within', '3s']));
  expect(stderr + stdout).toMatch(/an update to 9\.4\.0 was cut off.*9\.1\.0 is back.*runs 9\.1\.0 already/s);
  expect([current(east), await isReady(east)]).toEqual([before, true]);
});

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
