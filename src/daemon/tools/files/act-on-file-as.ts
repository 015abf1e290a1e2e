/**
 * What a file tool does as another user is done by a process that is that user: with its groups, so that owner and
 * permission are decided by the kernel and by nobody else. The process is a Node of ours that takes one order from its
 * standard input, gives up being root (`file-worker.ts`), does it and writes the ending.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ownPackage } from '#runtime/own-package.ts';
import { failed, type StopReason, stopped, type ToolEnding } from '../../executions/executor.ts';
import type { UserAccount } from '../processes/user-account.ts';
import type { FileOrder, FileTool } from './act-on-file.ts';

/** What the worker is given. */
export interface WorkerOrder {
  readonly account: Pick<UserAccount, 'name' | 'uid' | 'gid'>;
  readonly order: FileOrder;
}

/** More than any result has. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export function actOnFileAs<Name extends FileTool>(
  { name, uid, gid }: UserAccount,
  order: FileOrder<Name>,
  signal: AbortSignal,
): Promise<ToolEnding> {
  const given = JSON.stringify({ account: { name, uid, gid }, order });
  // Whoever may signal it may not open it to a debugger.
  const child = spawn(process.execPath, ['--disable-sigusr1', workerFile()], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const { promise, resolve } = Promise.withResolvers<ToolEnding>();
  const lost = failed('file_io_failed', `the process that was to do it as ${name} ended without an answer`);
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
  child.stdin.end(given);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
}

/** A file beside the program's in a release, a source beside this one in a checkout. */
function workerFile(): string {
  const bundled = join(ownPackage.root, 'lib', 'file-worker.js');
  return existsSync(bundled) ? bundled : join(import.meta.dirname, 'file-worker.ts');
}

function readAnswer(answer: Buffer): ToolEnding | undefined {
  try {
    return JSON.parse(answer.toString()) as ToolEnding; // the worker writes nothing else
  } catch {
    return undefined;
  }
}
