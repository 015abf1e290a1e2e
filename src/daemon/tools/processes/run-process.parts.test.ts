import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import type { ExecutionIo, StopReason } from '../../executions/executor.ts';
import type { ProcessMark } from '../../journal/journal.ts';
import { hangGuard } from '../hangs/hang-guard.ts';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import { endProcessSession, isSessionAlive } from './end-session.ts';
import { closeInheritedDescriptors } from './inherited-descriptors.ts';
import { OutputPipes } from './output-pipes.ts';
import { readProcess, readProcessTable } from './process-table.ts';
import { type ProcessOrder, runProcess } from './run-process.ts';

let directory: string;
let pipes: OutputPipes;
let openBefore: number;
const leaders: number[] = [];

beforeAll(closeInheritedDescriptors);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-process-'));
  pipes = new OutputPipes(join(directory, 'pipes'));
  openBefore = readdirSync('/proc/self/fd').length;
});

afterEach(async () => {
  await Promise.all(leaders.splice(0).map((leader) => endProcessSession(leader, 0)));
  pipes.close();
  rmSync(directory, { recursive: true, force: true });
});

class Io implements ExecutionIo {
  readonly abort = new AbortController();
  readonly signal = this.abort.signal;
  readonly running = Promise.withResolvers<number>();
  readonly texts: Record<1 | 2, Buffer[]> = { 1: [], 2: [] };
  readonly bytes: Record<1 | 2, number> = { 1: 0, 2: 0 };
  /** Whether what comes is kept. */
  keeps = true;
  /** Set to hold the writer back. */
  room: Promise<void> | undefined;
  #waiting: { length: number; reached: () => void } | undefined;

  started(mark?: ProcessMark): void {
    leaders.push(mark?.pid ?? 0);
    this.running.resolve(mark?.pid ?? 0);
  }

  write(stream: 1 | 2, data: Buffer): boolean {
    this.bytes[stream] += data.length;
    if (this.keeps) this.texts[stream].push(data);
    if (this.#waiting !== undefined && this.bytes[1] >= this.#waiting.length) this.#waiting.reached();
    return this.room === undefined;
  }

  ready(): Promise<void> {
    return this.room ?? Promise.resolve();
  }

  text(stream: 1 | 2): string {
    return Buffer.concat(this.texts[stream]).toString();
  }

  /** Resolves once that many bytes of stdout have come. */
  wrote(length: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.bytes[1] >= length) resolve();
      else this.#waiting = { length, reached: resolve };
    });
  }

  stop(kind: 'cancelled' | 'timed_out'): void {
    const reason: StopReason = kind === 'cancelled' ? { kind, reason: '' } : { kind, afterMs: 1 };
    this.abort.abort(reason);
  }
}

function start(file: string, args: string[] = [], order: Partial<ProcessOrder> = {}) {
  const io = new Io();
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin' };
  const ending = runProcess(
    { file, args, cwd: directory, env, ...order },
    { pipes, runtimeDir: directory, ...hangGuard([]) },
    io,
  );
  return { io, ending };
}

const sh = (script: string, order: Partial<ProcessOrder> = {}) => start('sh', ['-c', script], order);

/** Without letting anything else in this process go on. */
function blockUntil(holds: () => boolean): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  while (!holds()) Atomics.wait(nobody, 0, 0, 2);
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

const nameOf = (pid: number) => readIfThere(`/proc/${pid}/comm`).trim();

function readsFrom(pid: number, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/0`).startsWith(directory);
  } catch {
    return false; // it ended
  }
}

function isZombie(pid: number): boolean {
  return readProcess(pid)?.state === 'Z';
}

describe('a process that ends by itself', () => {
  test('is ok when it exits with 0, its streams apart', async () => {
    const { io, ending } = sh('echo out; echo err >&2');
    expect(await ending).toEqual({ outcome: 'ok', exitCode: 0 });
    expect([io.text(1), io.text(2)]).toEqual(['out\n', 'err\n']);
  });

  test('has failed when it exits with another code', async () => {
    expect(await sh('exit 7').ending).toMatchObject({ outcome: 'failed', exitCode: 7, errorCode: 'nonzero_exit' });
  });

  test('has failed with 128 + n when signal n ends it', async () => {
    const ending = await sh('kill -USR1 $$').ending;
    expect(ending).toMatchObject({ outcome: 'failed', exitCode: 138, errorCode: 'killed_by_signal' });
    expect(await sh('kill -KILL $$').ending).toMatchObject({ exitCode: 137 });
  });

  test('may write nothing at all', async () => {
    const { io, ending } = start('true');
    expect(await ending).toEqual({ outcome: 'ok', exitCode: 0 });
    expect(io.bytes).toEqual({ 1: 0, 2: 0 });
  });

  test('loses nothing it wrote when the daemon has no time for it just then', async () => {
    const gate = join(directory, 'gate');
    const late = sh(`echo begun; until [ -e ${gate} ]; do sleep 0.01; done; echo done`);
    await late.io.wrote(6);
    const early = sh('echo early');
    const leader = await late.io.running.promise;
    // Both are over before the loop turns: that it has ended is learnt with the other, before its last words are read.
    early.io.started = (mark) => blockUntil(() => isZombie(mark?.pid ?? 0));
    early.io.write = () => {
      writeFileSync(gate, '');
      blockUntil(() => isZombie(leader));
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600));
      return true;
    };
    await Promise.all([early.ending, late.ending]);
    expect(late.io.text(1)).toBe('begun\ndone\n');
  });

  test('may write bytes that are no text', async () => {
    const { io, ending } = sh("printf '\\377\\000\\200a\\n\\376'");
    await ending;
    expect(Buffer.concat(io.texts[1])).toEqual(Buffer.from([0xff, 0, 0x80, 0x61, 0x0a, 0xfe]));
  });

  test('may open its streams again by their names', async () => {
    const { io, ending } = sh('echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin', { stdin: 'in' });
    expect(await ending).toEqual({ outcome: 'ok', exitCode: 0 });
    expect([io.text(1), io.text(2)]).toEqual(['out\nin', 'err\n']);
  });

  test('reads what it is given, and nothing when it is given nothing', async () => {
    const long = `${'x'.repeat(300_000)}ü`;
    const given = start('cat', [], { stdin: long });
    await given.ending;
    expect(given.io.text(1)).toBe(long);
    const nothing = start('cat');
    expect(await nothing.ending).toMatchObject({ outcome: 'ok' });
    expect(readdirSync(directory)).toEqual(['pipes']);
  });

  test('has no descriptor but its streams, whatever we hold open', async () => {
    const held = openSync(directory, 'r');
    const { io, ending } = sh('ls /proc/$$/fd');
    await ending;
    closeSync(held);
    expect(io.text(1)).toBe('0\n1\n2\n');
  });

  test('makes files as a login does, whatever mask we have', async () => {
    const before = process.umask(0);
    try {
      const { ending } = sh('umask >mask; touch file; mkdir made');
      await ending;
    } finally {
      expect(process.umask(before)).toBe(0);
    }
    expect(readFileSync(join(directory, 'mask'), 'utf8')).toBe('0022\n');
    expect(statSync(join(directory, 'file')).mode & 0o777).toBe(0o644);
    expect(statSync(join(directory, 'made')).mode & 0o777).toBe(0o755);
  });

  test('has the environment and the directory it was given and nothing else', async () => {
    const { io, ending } = start('env', [], { env: { PATH: '/usr/bin:/bin', A: 'b c' } });
    await ending;
    expect(io.text(1).split('\n').filter(Boolean).sort()).toEqual(['A=b c', 'PATH=/usr/bin:/bin']);
    const pwd = start('pwd', [], { cwd: '/' });
    await pwd.ending;
    expect(pwd.io.text(1)).toBe('/\n');
  });

  test('may write 100 MB without our memory growing', async () => {
    const { io, ending } = sh('head -c 100000000 /dev/zero; head -c 1000000 /dev/zero >&2');
    io.keeps = false;
    const before = process.memoryUsage().rss;
    expect(await ending).toEqual({ outcome: 'ok', exitCode: 0 });
    expect(io.bytes).toEqual({ 1: 100_000_000, 2: 1_000_000 });
    expect(process.memoryUsage().rss - before).toBeLessThan(80_000_000);
  });

  test('is held back while nobody takes what it writes, and loses nothing', async () => {
    const { io, ending } = sh('i=0; while [ $i -lt 300 ]; do printf %01000d $i; i=$((i+1)); done; echo done >"$1"', {});
    const room = Promise.withResolvers<void>();
    io.room = room.promise;
    await io.wrote(1);
    const pid = await io.running.promise;
    await expect.poll(() => readProcess(pid)?.state).toBe('S');
    const bytes = io.bytes[1];
    expect(bytes).toBeLessThan(300_000);
    io.room = undefined;
    room.resolve();
    await ending;
    expect(io.bytes[1]).toBe(300_000);
  });
});

describe('a process that cannot be started', () => {
  test.each([
    ['an executable that does not exist', 'no-such-program', {}, /no such executable/],
    ['a file that may not be executed', '/etc/passwd', {}, /may not execute it/],
    [
      'a directory that does not exist',
      'true',
      { cwd: '/no/such/directory' },
      /\/no\/such\/directory is not a directory/,
    ],
    ['more arguments than the system takes', 'true', { args: [' '.repeat(200_000)] }, /larger than the system takes/],
  ])('is %s', async (_what, file, order, message) => {
    const { io, ending } = start(file, [], order);
    expect(await ending).toMatchObject({ outcome: 'failed', errorCode: 'spawn_failed' });
    expect((await ending).errorMessage).toMatch(message);
    expect((await ending).exitCode).toBeUndefined();
    expect(leaders).toEqual([]);
    expect(io.bytes[1]).toBe(0);
  });

  test('leaves its pipes usable', async () => {
    for (let round = 0; round < 5; round++) await start('no-such-program').ending;
    const { io, ending } = sh('echo out');
    await ending;
    expect(io.text(1)).toBe('out\n');
    expect(readdirSync(join(directory, 'pipes')).length).toBeLessThanOrEqual(16);
  });
});

describe('what a process leaves behind', () => {
  const chatty = (name: string) =>
    `(while echo noise; do echo $((n=n+1)) >'${name}'; sleep 0.2; done 2>/dev/null) 2>&1 & echo started`;
  const countOf = (name: string) => Number(readIfThere(join(directory, name)));

  async function goesOn(names: readonly string[]): Promise<void> {
    const before = names.map(countOf);
    await expect.poll(() => names.filter((name, place) => countOf(name) <= (before[place] ?? 0))).toEqual([]);
  }

  test('goes on writing when the daemon is no more, forty of them', async () => {
    const names = Array.from({ length: 40 }, (_, number) => `count-${number}`);
    await Promise.all(names.map((name) => sh(chatty(name)).ending));
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(openBefore + 10);
    pipes.close();
    await goesOn(names);
    await goesOn(names);
  });

  test('waits while nobody reads because the daemon was killed, and goes on when its next life does', async () => {
    const pipe = await pipes.open(undefined);
    const script = `while :; do echo $((n=n+1)) >count; head -c 60000 /dev/zero; done`;
    const child = spawn('sh', ['-c', script], { cwd: directory, detached: true, stdio: ['ignore', pipe.writeEnd, 2] });
    leaders.push(child.pid ?? 0);
    closeSync(pipe.writeEnd);
    pipe.readEnd.destroy();
    await expect.poll(() => countOf('count')).toBe(2);
    pipes = new OutputPipes(join(directory, 'pipes'));
    expect(pipes.drainFormer()).toBe(1);
    await expect.poll(() => countOf('count')).toBeGreaterThan(10);
    expect(pipes.drainFormer()).toBe(0);
    const drains = readProcessTable().filter(({ pid }) => nameOf(pid) === 'cat' && readsFrom(pid, directory));
    expect(drains).toHaveLength(1);
  });

  test('takes its drain along when it ends', async () => {
    const { ending } = sh('(until [ -e go ]; do echo noise; sleep 0.02; done) & true');
    await ending;
    const drains = () => readProcessTable().filter(({ pid }) => nameOf(pid) === 'cat' && readsFrom(pid, directory));
    await expect.poll(drains).toHaveLength(2);
    writeFileSync(join(directory, 'go'), '');
    await expect.poll(drains).toEqual([]);
  });
});

describe('children of a process', () => {
  test('that hold its pipe do not hold its result, and are left alive', async () => {
    const { io, ending } = sh('sleep 60 & echo started');
    const begun = performance.now();
    expect(await ending).toEqual({ outcome: 'ok', exitCode: 0 });
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(io.text(1)).toBe('started\n');
    expect(isSessionAlive(await io.running.promise)).toBe(true);
  });

  test('that write without end do not hold its result either, nor do they die of it', async () => {
    const marker = join(directory, 'alive');
    const { io, ending } = sh(
      `(while :; do echo noise; sleep 0.01; [ -e go ] && touch '${marker}' && exit; done) & exit 3`,
    );
    expect(await ending).toMatchObject({ exitCode: 3 });
    writeFileSync(join(directory, 'go'), '');
    await expect.poll(() => readdirSync(directory)).toContain('alive');
    expect(io.text(1)).toContain('noise');
  });

  test('that hold its pipe never write into the output of another command', async () => {
    const first = sh('(while [ ! -e go ]; do sleep 0.01; done; echo late; touch gone) & true');
    await first.ending;
    const second = sh('sleep 0.2; echo mine');
    writeFileSync(join(directory, 'go'), '');
    await second.ending;
    expect(second.io.text(1)).toBe('mine\n');
    expect(readdirSync(directory)).toContain('gone');
  });

  test('write to the end of the output while it is still being read', async () => {
    const { io, ending } = sh('(sleep 0.1; echo late) & echo early');
    await ending;
    expect(io.text(1)).toBe('early\nlate\n');
  });
});

describe.runIf(process.getuid?.() === 0)('what an unprivileged command leaves behind', () => {
  const nobody = { uid: 65534, gid: 65534, groups: [] };

  /** Keeps its output open for reading only, so that it seems to have ended; reads and writes there once told to. */
  const lurking = `(exec 5</proc/self/fd/1 >/dev/null 2>&1
    until [ -e go ]; do sleep 0.02; done
    timeout 0.5 head -c 1 <&5 >heard; timeout 0.5 sh -c 'echo forged >/proc/self/fd/5' 5<&5; touch over) & echo begun`;

  test('neither reads nor forges the output of a later command', async () => {
    chmodSync(directory, 0o777);
    const first = sh(lurking, { owner: nobody });
    await first.ending;
    const quiet = Array.from({ length: 8 }, () => sh('until [ -e over ]; do echo secret; sleep 0.02; done; echo end'));
    await Promise.all(quiet.map(({ io }) => io.wrote(1)));
    writeFileSync(join(directory, 'go'), '');
    await Promise.all(quiet.map(({ ending }) => ending));
    for (const { io } of quiet) expect(io.text(1)).toMatch(/^(secret\n)+end\n$/);
    expect(readFileSync(join(directory, 'heard'), 'utf8')).toBe('');
  });

  test('has no name of a pipe to open, and no way to where they are made', async () => {
    chmodSync(directory, 0o755);
    const { io, ending } = sh('readlink /proc/self/fd/1; ls pipes', { owner: nobody });
    await ending;
    expect(io.text(1)).toMatch(/ \(deleted\)\n$/);
    expect(io.text(2)).toMatch(/Permission denied/);
  });
});

describe.runIf(process.getuid?.() === 0)('a process of a user who is in groups', () => {
  const owner = { uid: 65534, gid: 65534, groups: [4, 24] };

  beforeEach(() => chmodSync(directory, 0o777));

  test('has them all, and is otherwise as any other', async () => {
    const script =
      'id -u; id -G; grep SigIgn /proc/$$/status; ls /proc/$$/fd; umask; echo again >/dev/stdout; cat; exit 3';
    const { io, ending } = sh(script, { owner, stdin: 'in' });
    expect(await ending).toMatchObject({ outcome: 'failed', exitCode: 3 });
    expect(io.text(1)).toBe('65534\n65534 4 24\nSigIgn:\t0000000000000000\n0\n1\n2\n0022\nagain\nin');
  });

  test('has the environment and the name it was given, and nothing of it reaches a process of root', async () => {
    const evil = join(directory, 'evil.cjs');
    writeFileSync(evil, "require('fs').writeFileSync('loaded', '')", { mode: 0o644 });
    const env = { PATH: '/usr/bin:/bin', NODE_OPTIONS: `--require ${evil}`, A: 'b c' };
    const { io, ending } = start('sh', ['-c', 'echo $0; env'], { owner, env, argv0: 'called' });
    await ending;
    expect(
      io
        .text(1)
        .split('\n')
        .filter((line) => !/^(PWD|_|SHLVL)=/.test(line))
        .sort(),
    ).toEqual(['', 'A=b c', `NODE_OPTIONS=--require ${evil}`, 'PATH=/usr/bin:/bin', 'called'].sort());
    expect(readdirSync(directory)).not.toContain('loaded');
  });

  test.each([
    ['no-such-program', /no such executable/],
    ['/etc/passwd', /may not execute it/],
  ])('cannot be started as %s', async (file, message) => {
    const { io, ending } = start(file, [], { owner, env: { PATH: '/usr/bin:/bin' } });
    expect(await ending).toMatchObject({ outcome: 'failed', errorCode: 'spawn_failed' });
    expect((await ending).errorMessage).toMatch(message);
    expect(io.bytes).toEqual({ 1: 0, 2: 0 });
  });

  test('is ended whole when it is cancelled', async () => {
    const { io, ending } = sh('sleep 60 & echo ready; wait', { owner });
    await io.wrote(6);
    io.stop('cancelled');
    expect(await ending).toMatchObject({ outcome: 'cancelled', exitCode: 143 });
    expect(membersOf(await io.running.promise)).toEqual([]);
    expect(readdirSync('/proc/self/fd').length).toBeLessThan(100);
  });
});

describe('a process that is stopped', () => {
  const tree = 'echo ready; sleep 60 & (sleep 60; true) & timeout 60 sleep 60 & wait';

  test.each([
    ['cancelled', 143],
    ['timed_out', 124],
  ] as const)('as %s has exit code %i, and nothing of it is left', async (kind, exitCode) => {
    const { io, ending } = sh(tree);
    await io.wrote(6);
    const pid = await io.running.promise;
    await expect.poll(() => membersOf(pid).length).toBeGreaterThanOrEqual(5);
    io.stop(kind);
    expect(await ending).toMatchObject({ outcome: kind, exitCode });
    expect(membersOf(pid)).toEqual([]);
    expect(io.text(1)).toBe('ready\n');
  });

  test.each(['cancelled', 'timed_out'] as const)('as %s takes along what has left its session', async (kind) => {
    const executionId = newId();
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', [EXECUTION_VARIABLE]: executionId };
    const away =
      "setsid sh -c 'sleep 61 & echo $$ >away; wait' & setsid env -i sleep 62 & echo $! >bare; echo ready; wait";
    const { io, ending } = sh(away, { env });
    await io.wrote(6);
    await expect.poll(() => pidIn('away')).toBeGreaterThan(0);
    const other = sh('echo ready; sleep 63', { env: { ...env, [EXECUTION_VARIABLE]: newId() } });
    await other.io.wrote(6);
    expect(isSessionAlive(pidIn('away')) && isSessionAlive(pidIn('bare'))).toBe(true);
    io.stop(kind);
    expect(await ending).toMatchObject({ outcome: kind });
    expect([isSessionAlive(pidIn('away')), isSessionAlive(pidIn('bare'))]).toEqual([false, false]);
    expect(isSessionAlive(await other.io.running.promise)).toBe(true);
    other.io.stop('cancelled');
    await other.ending;
  });

  test('by the end of the daemon leaves what was sent away on purpose', async () => {
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', [EXECUTION_VARIABLE]: newId() };
    const { io, ending } = sh("setsid sh -c 'echo $$ >away; exec sleep 61' & echo ready; sleep 62", { env });
    await io.wrote(6);
    await expect.poll(() => pidIn('away')).toBeGreaterThan(0);
    io.abort.abort({ kind: 'daemon_stopped' });
    expect(await ending).toMatchObject({ outcome: 'interrupted' });
    expect(isSessionAlive(pidIn('away'))).toBe(true);
    leaders.push(pidIn('away'));
  });

  test('may clean up and have its last words', async () => {
    const { io, ending } = sh("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    await io.wrote(6);
    io.stop('cancelled');
    expect(await ending).toMatchObject({ outcome: 'cancelled', exitCode: 143 });
    expect(io.text(1)).toBe('ready\nbye\n');
  });

  test('is ended even while it is stopped by a signal', async () => {
    const { io, ending } = sh('echo ready; kill -STOP $$');
    const pid = await io.running.promise;
    await expect.poll(() => readProcess(pid)?.state).toBe('T');
    io.stop('cancelled');
    expect(await ending).toMatchObject({ outcome: 'cancelled' });
    expect(membersOf(pid)).toEqual([]);
  });

  test('that does not heed TERM is killed after the grace, with the children that do not heed it', async () => {
    const deaf =
      "trap '' TERM; echo ready; (trap '' TERM; while :; do sleep 0.05; done) & while :; do sleep 0.05; done";
    const { io, ending } = sh(deaf);
    await io.wrote(6);
    const pid = await io.running.promise;
    const begun = performance.now();
    io.stop('timed_out');
    expect(await ending).toMatchObject({ outcome: 'timed_out', exitCode: 124 });
    expect(performance.now() - begun).toBeGreaterThan(4900);
    expect(membersOf(pid)).toEqual([]);
  }, 15_000);

  test('does not wait for a reader that takes nothing', async () => {
    const { io, ending } = sh('yes');
    io.room = new Promise(() => {});
    await io.wrote(1);
    io.stop('cancelled');
    expect(await ending).toMatchObject({ outcome: 'cancelled' });
  });

  test('is ended when it was stopped before it was seen to start', async () => {
    const { io, ending } = sh('sleep 60');
    io.stop('cancelled');
    expect(await ending).toMatchObject({ outcome: 'cancelled' });
    expect(membersOf(await io.running.promise)).toEqual([]);
  });
});

test('two hundred processes, eight at a time, leave no pipes and no descriptors', async () => {
  for (let round = 0; round < 25; round++) {
    const started = Array.from({ length: 8 }, (_, index) => sh(`echo ${round}-${index}`));
    const texts = await Promise.all(started.map(({ io, ending }) => ending.then(() => io.text(1))));
    expect(texts).toEqual(Array.from({ length: 8 }, (_, index) => `${round}-${index}\n`));
  }
  expect(readdirSync(join(directory, 'pipes')).length).toBeLessThanOrEqual(16);
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(100);
});

test('the process table is read whatever a process is called', () => {
  const own = readProcess(process.pid);
  expect(own).toMatchObject({ pid: process.pid });
  expect(own?.startTicks).toBe(Number(/\) (.*)/s.exec(readFileSync('/proc/self/stat', 'utf8'))?.[1]?.split(' ')[19]));
  expect(readProcess(2 ** 22 + 1)).toBeUndefined();
});

function pidIn(file: string): number {
  const path = join(directory, file);
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
}

function membersOf(session: number): number[] {
  const rows = readProcessTable().filter((row) => row.session === session && row.state !== 'Z');
  return rows.map(({ pid }) => pid);
}
