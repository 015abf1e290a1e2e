import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { newId } from '#core/kernel/ids.ts';
import { EXECUTION_VARIABLE } from './command-environment.ts';
import { endLeftovers } from './end-leftovers.ts';
import { isSessionAlive, signalSession } from './end-session.ts';
import { readProcess } from './process-table.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of children.splice(0)) if (pid !== undefined) signalSession(pid, 'SIGKILL');
});

/** As a daemon starts it: the leader of a session, with its execution in the environment. */
async function leftover(executionId: string, script = 'sleep 60 & sleep 60') {
  const child = spawn('sh', ['-c', `echo ready; ${script}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, [EXECUTION_VARIABLE]: executionId },
  });
  children.push(child);
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  return { pid, mark: { pid, startTicks: readProcess(pid)?.startTicks ?? 0 } };
}

describe('endLeftovers', () => {
  test('ends a command by its pid and start time, with its children', async () => {
    const executionId = newId();
    const { pid, mark } = await leftover(executionId);
    expect(await endLeftovers([{ executionId, mark }])).toBe(1);
    expect(isSessionAlive(pid)).toBe(false);
  });

  test('finds a command that was started a moment before the daemon died, by its environment', async () => {
    const executionId = newId();
    const { pid } = await leftover(executionId);
    expect(await endLeftovers([{ executionId, mark: undefined }])).toBe(1);
    expect(isSessionAlive(pid)).toBe(false);
  });

  test('finds what is left of a command whose first process is gone', async () => {
    const executionId = newId();
    const { pid, mark } = await leftover(executionId, 'sleep 60 & exit 0');
    await expect.poll(() => readProcess(pid)).toBeUndefined();
    expect(await endLeftovers([{ executionId, mark }])).toBe(1);
    expect(isSessionAlive(pid)).toBe(false);
  });

  test('kills what does not heed TERM', async () => {
    const executionId = newId();
    const { pid, mark } = await leftover(executionId, "trap '' TERM; while :; do sleep 0.05; done");
    expect(await endLeftovers([{ executionId, mark }], 50)).toBe(1);
    await expect.poll(() => isSessionAlive(pid)).toBe(false);
  });

  test('leaves a process alone that was given the pid of one of ours', async () => {
    const { pid, mark } = await leftover(newId());
    const other = { executionId: newId(), mark: { pid, startTicks: mark.startTicks - 1 } };
    expect(await endLeftovers([other, { executionId: newId(), mark: undefined }])).toBe(0);
    expect(isSessionAlive(pid)).toBe(true);
  });
});
