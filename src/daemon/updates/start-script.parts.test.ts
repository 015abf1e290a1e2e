import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReleasesDirectory } from '#protocol/releases/releases-directory.ts';

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin');

let directory = '';
let releases: ReleasesDirectory;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-releases-'));
  releases = new ReleasesDirectory(directory);
  copyFileSync(join(BIN, 'garrison-node-start'), join(directory, 'start'));
  makeRelease('old', 'echo old "$@"');
  releases.switchTo('old');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function makeRelease(name: string, script: string): void {
  mkdirSync(join(directory, name, 'bin'), { recursive: true });
  writeFileSync(join(directory, name, 'bin', 'garrison'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function start(): string {
  return spawnSync(join(directory, 'start'), ['node', 'run'], { encoding: 'utf8', timeout: 60_000 }).stdout.trim();
}

test('without an update it is the present release, and it knows where it is', () => {
  expect(start()).toBe('old node run');
  makeRelease('old', 'echo "$GARRISON_RELEASES"');
  expect(start()).toBe(directory);
});

describe('after an update', () => {
  test('a release that crashes is started three times, then the one before it, with the reason', () => {
    makeRelease('new', 'exit 1');
    releases.beginProbation('old', 60);
    releases.switchTo('new');
    expect([start(), start(), start(), start()]).toEqual(['', '', '', 'old node run']);
    expect([releases.current, releases.isOnProbation]).toEqual(['old', false]);
    expect(releases.whyRolledBack).toBe('it ended three times before a controller had welcomed it');
    expect(start()).toBe('old node run');
  });

  test('a release that is never welcomed is ended and left', async () => {
    makeRelease('new', 'while :; do sleep 0.1; done');
    releases.beginProbation('old', 1);
    releases.switchTo('new');
    const hung = spawn(join(directory, 'start'), { stdio: 'ignore' });
    const signal = await new Promise((resolve) => hung.once('exit', (_code, name) => resolve(name)));
    expect(signal).toBe('SIGKILL');
    expect(start()).toBe('old node run');
    expect(releases.whyRolledBack).toBe('no controller welcomed it within 1 seconds');
  });

  test('a release that was welcomed stays, whatever it does later', () => {
    makeRelease('new', 'echo new; exit 1');
    releases.beginProbation('old', 60);
    releases.switchTo('new');
    expect(start()).toBe('new');
    releases.endProbation();
    expect(Array.from({ length: 5 }, start)).toEqual(Array(5).fill('new'));
  });
});

/** Programs that the script calls to change something: each counts its call, and kills the script before the one that is chosen. */
function startCutAt(call: number): 'cut' | string {
  const [tools, count] = [join(directory, 'tools'), join(directory, 'tools', 'count')];
  mkdirSync(tools, { recursive: true });
  writeFileSync(count, '0');
  for (const tool of ['rm', 'ln', 'mv']) {
    const counts = `n=$(($(cat '${count}') + 1)); echo $n >'${count}'; [ $n = ${call} ] && kill -KILL $PPID && exit 1`;
    writeFileSync(join(tools, tool), `#!/bin/sh\n${counts}\nPATH=$\{PATH#*:} exec ${tool} "$@"\n`, { mode: 0o755 });
  }
  const env = { ...process.env, PATH: `${tools}:${process.env.PATH}` };
  const { signal, stdout } = spawnSync(join(directory, 'start'), ['node', 'run'], { encoding: 'utf8', env });
  rmSync(tools, { recursive: true });
  return signal === 'SIGKILL' ? 'cut' : stdout.trim();
}

test.each([
  ['it ended three times', 'starts', '3\n'],
  ['no controller welcomed it', 'late', ''],
])(
  'the power goes before each step of going back because %s: the next start goes back, with the reason',
  (why, file, text) => {
    makeRelease('new', 'exit 1');
    let call = 0;
    let cuts = 0;
    for (let said = 'cut'; said === 'cut'; ) {
      releases.beginProbation('old', 1);
      releases.switchTo('new');
      writeFileSync(join(directory, file), text);
      said = startCutAt(++call);
      if (said === 'cut') cuts += 1;
      expect(said === 'cut' ? start() : said, `call ${call}`).toBe('old node run');
      expect([releases.current, releases.isOnProbation, releases.whyRolledBack]).toEqual([
        'old',
        false,
        expect.stringContaining(why),
      ]);
    }
    expect(cuts).toBeGreaterThan(4);
  },
);

test('what is kept is the present release and the one before; other things of the operator stay', () => {
  for (const name of ['older', 'new']) makeRelease(name, 'true');
  mkdirSync(join(directory, 'notes'));
  releases.keepOnly(['new', 'old']);
  expect(execFileSync('ls', [directory], { encoding: 'utf8' }).trim().split('\n')).toEqual([
    'current',
    'new',
    'notes',
    'old',
    'start',
  ]);
});

describe('the supervisor', () => {
  test('starts again what ends, until it is told to end, and hands that on', async () => {
    const count = join(directory, 'count');
    writeFileSync(
      join(directory, 'program'),
      `#!/bin/sh\necho x >>${count}\n[ "$(wc -l <${count})" -lt 2 ] && exit 1\nexec sleep 60\n`,
      {
        mode: 0o755,
      },
    );
    const supervisor = spawn(join(BIN, 'garrison-node-supervise'), [join(directory, 'program')], { stdio: 'ignore' });
    await expect.poll(() => readLines(count), { timeout: 30_000 }).toBe(2);
    await expect.poll(() => childrenOf(supervisor.pid ?? 0), { timeout: 30_000 }).toContain('sleep');
    supervisor.kill('SIGTERM');
    await new Promise((resolve) => supervisor.once('exit', resolve));
    expect(readLines(count)).toBe(2);
  });

  test.each([2, 3, 4])('does not try again what ends with %d', (code) => {
    const ended = spawnSync(join(BIN, 'garrison-node-supervise'), ['sh', '-c', `exit ${code}`], { timeout: 60_000 });
    expect(ended.status).toBe(code);
  });
});

function readLines(file: string): number {
  try {
    return readFileSync(file, 'utf8').split('\n').length - 1;
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): string {
  return spawnSync('ps', ['-o', 'comm=', '--ppid', String(pid)], { encoding: 'utf8' }).stdout;
}
