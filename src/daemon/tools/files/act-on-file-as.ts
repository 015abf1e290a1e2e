/**
 * What a file tool does as another user is done by a process that is that user: with its groups, so that owner and
 * permission are decided by the kernel and by nobody else. The process is a Node of ours that takes one order from its
 * standard input, gives up being root (`file-worker.ts`), does it and writes the ending.
 */
import { spawn } from 'node:child_process';
import { type ExecutionIo, failed, type StopReason, stopped, type ToolEnding } from '../../executions/executor.ts';
import { ownProgram } from '../own-program.ts';
import type { UserIds } from '../processes/become-user.ts';
import { EXECUTION_VARIABLE } from '../processes/command-environment.ts';
import { readProcess } from '../processes/process-table.ts';
import type { FileOrder, FileTool } from './act-on-file.ts';

/** What the worker is given. */
export interface WorkerOrder {
  readonly user: UserIds;
  readonly order: FileOrder;
}

/** More than any result has. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function actOnFileAs<Name extends FileTool>(
  user: UserIds,
  order: FileOrder<Name>,
  { io, executionId }: { readonly io: ExecutionIo; readonly executionId: string },
): Promise<ToolEnding> {
  const { signal } = io;
  const child = spawn(process.execPath, ownProgram('file-worker', import.meta.dirname), {
    cwd: '/',
    env: { [EXECUTION_VARIABLE]: executionId },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  if (child.pid !== undefined) io.started({ pid: child.pid, startTicks: readProcess(child.pid)?.startTicks ?? 0 });
  const { promise, resolve } = Promise.withResolvers<ToolEnding>();
  const lost = failed('file_io_failed', `the process that was to do it ended without an answer`);
  const pieces: Buffer[] = [];
  let bytes = 0;
  const onAbort = () => {
    child.kill('SIGKILL');
    resolve(stopped(signal.reason as StopReason, false)); // only those are given
  };
  child.stdout.on('data', (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_ANSWER_BYTES) child.kill('SIGKILL');
    else pieces.push(piece);
  });
  child.on('error', () => resolve(lost));
  child.on('close', () => resolve(readAnswer(Buffer.concat(pieces)) ?? lost));
  child.stdin.on('error', () => {}); // it ended, and `close` says so
  child.stdin.end(JSON.stringify({ user, order } satisfies WorkerOrder));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

function readAnswer(answer: Buffer): ToolEnding | undefined {
  try {
    return JSON.parse(answer.toString()) as ToolEnding; // the worker writes nothing else
  } catch {
    return undefined;
  }
}
