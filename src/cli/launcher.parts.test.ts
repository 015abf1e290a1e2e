import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../../bin/garrison', import.meta.url));
const SYSTEM_NODE = '/usr/bin/node';
const run = promisify(execFile);

let directory: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'garrison-launcher-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

describe('bin/garrison', () => {
  test('starts from any directory, through links of links, with its arguments as they are', async () => {
    await symlink(LAUNCHER, join(directory, 'first'));
    await symlink('first', join(directory, 'second'));
    const { stdout } = await run(join(directory, 'second'), ['--help'], { cwd: '/' });
    expect(stdout).toContain('Usage: garrison');
    const odd = await run(LAUNCHER, ['an odd "word" $HOME']).catch((error: { stderr: string }) => error);
    expect(odd.stderr).toContain(`unknown command 'an odd "word" $HOME'`);
  });

  test('hands over the exit code', async () => {
    await expect(run(LAUNCHER, ['nothing'])).rejects.toMatchObject({ code: 2 });
  });

  test('becomes the program: the pid is its own, and SIGKILL ends it', async () => {
    const child = spawn(LAUNCHER, ['run', '-', '--on', 'all'], { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    await once(child, 'spawn');
    await expect
      .poll(() => readFile(`/proc/${child.pid}/cmdline`, 'utf8'))
      .toMatch(/node\0.*bin\/garrison\0run\0-\0--on\0all\0$/);
    child.kill('SIGKILL');
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  test.skipIf(!existsSync(SYSTEM_NODE))('works under the Node of the system, whatever its age', async () => {
    expect((await run(SYSTEM_NODE, [LAUNCHER, '--help'])).stdout).toContain('Usage: garrison');
    await expect(run(SYSTEM_NODE, [LAUNCHER, 'nothing'])).rejects.toMatchObject({ code: 2 });
  });

  test.skipIf(!existsSync(SYSTEM_NODE))('started by another Node, it passes signals on', async () => {
    const child = spawn(SYSTEM_NODE, [LAUNCHER, 'run', '-', '--on', 'all'], { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    await once(child, 'spawn');
    const childrenOf = () => readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    await expect.poll(childrenOf).toMatch(/\d/);
    const program = (await childrenOf()).trim();
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
    expect(existsSync(`/proc/${program}`)).toBe(false);
  });
});

/** In a namespace of processes of its own, where it is the first. */
describe.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'bin/garrison as the first process of a container',
  () => {
    const contain = (...args: string[]) => {
      const options = ['--pid', '--fork', '--mount-proc', '--kill-child', LAUNCHER, ...args];
      const child = spawn('unshare', options, { stdio: ['pipe', 'pipe', 'ignore'] });
      children.push(child);
      return child;
    };

    const childrenOf = (pid: number) =>
      readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').then((text) =>
        text.trim().split(' ').filter(Boolean).map(Number),
      );

    /** The launcher and its program, seen from outside, once the program runs. */
    async function processesOf(child: ChildProcess): Promise<{ first: number; program: number }> {
      await once(child, 'spawn');
      await expect.poll(() => childrenOf(child.pid ?? 0)).toHaveLength(1);
      const [first = 0] = await childrenOf(child.pid ?? 0);
      await expect.poll(() => commandLinesBelow(first)).toMatch(/^\S*node\0.*\0run\0-\0--on\0all\0$/);
      const [program = 0] = await childrenOf(first);
      return { first, program };
    }

    const commandLinesBelow = async (pid: number) =>
      (await Promise.all((await childrenOf(pid)).map((one) => readFile(`/proc/${one}/cmdline`, 'utf8')))).join('\n');

    test('takes up what others leave behind', async () => {
      const { first, program } = await processesOf(contain('run', '-', '--on', 'all'));
      const into = ['--target', String(first), '--pid', '--mount'];
      await run('nsenter', [...into, 'sh', '-c', 'for i in 1 2 3 4 5; do (true & exec true) & done; wait']);
      await expect.poll(() => childrenOf(first)).toEqual([program]);
    });

    test('hands on what it reads, signals and the exit code', async () => {
      await expect(once(contain('nothing'), 'exit')).resolves.toEqual([2, null]);
      const child = contain('run', '-', '--on', 'all');
      const { first, program } = await processesOf(child);
      expect(await readlink(`/proc/${program}/fd/0`)).toMatch(/^(socket|pipe):/);
      process.kill(first, 'SIGTERM');
      await once(child, 'exit');
      expect(child.exitCode).toBe(128 + 15);
    });
  },
);
