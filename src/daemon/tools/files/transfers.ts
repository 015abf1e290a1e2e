/**
 * Files of any size, between the controller and this host. What is on its way is in a file without a name in the
 * directory of the daemon: the daemon alone speaks with the controller, and a process that is the user reads or writes the
 * file of the user and is given the other by its descriptor. So a broken transfer leaves nothing, the target is replaced by
 * a file that is whole, and nothing of it is in memory.
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '#core/kernel/ids.ts';
import { FETCHED_FILE, type FsPutArgs } from '#protocol/tools/files.ts';
import { BulkRefused } from '../../bulk/bulk-refused.ts';
import { messageOf } from '../../daemon-error.ts';
import { failed, type StopReason, stopped, type ToolEnding, type ToolIo } from '../../executions/executor.ts';
import type { ToolHost, ToolRunner } from '../tool-context.ts';
import { endingOfFailure, FileFailure } from './file-failure.ts';
import { doFileWork } from './file-tools.ts';
import { tellTransfer } from './tell-transfer.ts';

/** For a process that copies: half a minute, and a second for each MiB. */
const PATIENCE_MS = 30_000;
const ERROR_OUTPUT = 2;
const MOST_PATIENCE_MS = 6 * 3_600_000;

export const fsPut: ToolRunner<'fs.put'> = (args, host, io, order) => {
  const work = { tool: 'fs.put', args, host, io, order } as const;
  const patienceMs = patienceFor(args.size);
  if (args.dry_run === true) return doFileWork(work, { patienceMs });
  return withPassage(host, args.path, async (passage) => {
    io.started();
    const ending = await receive(passage, args, io);
    return ending ?? doFileWork(work, { descriptor: passage.fd, patienceMs });
  });
};

export const fsGet: ToolRunner<'fs.get'> = (args, host, io, order) =>
  withPassage(host, args.path, async (passage) => {
    const work = { tool: 'fs.get', args, host, io, order } as const;
    const ending = await doFileWork(work, { descriptor: passage.fd, patienceMs: MOST_PATIENCE_MS });
    if (ending.outcome !== 'ok') return ending;
    return send(passage, ending, io);
  });

async function withPassage(
  { runtimeDir }: ToolHost,
  path: string,
  work: (passage: FileHandle) => Promise<ToolEnding>,
): Promise<ToolEnding> {
  let passage: FileHandle;
  try {
    const name = join(runtimeDir, `passage-${newId()}`);
    passage = await open(name, 'wx+', 0o600);
    await unlink(name);
  } catch (error) {
    return endingOfFailure(error, path);
  }
  try {
    return await work(passage);
  } finally {
    await passage.close();
  }
}

/** Undefined when all of it is there. */
async function receive(passage: FileHandle, args: FsPutArgs, io: ToolIo): Promise<ToolEnding | undefined> {
  const broken = new AbortController();
  const tell = tellTransfer(args.size, (line) => io.write(ERROR_OUTPUT, Buffer.from(line)));
  let at = 0;
  const take = async (bytes: Uint8Array) => {
    if (at + bytes.length > args.size)
      return broken.abort(new FileFailure('file_io_failed', `more bytes arrived for ${args.path} than the order says`));
    try {
      await passage.writev([bytes], at);
      at += bytes.length;
      tell(at);
    } catch (error) {
      broken.abort(error); // it would not go better a second time
    }
    broken.signal.throwIfAborted();
  };
  try {
    const signal = AbortSignal.any([io.signal, broken.signal]);
    const { sha256 } = await io.files.download({ ticket: args.ticket, take, signal });
    if (Buffer.from(sha256).toString('hex') === args.sha256) return undefined;
    return failed('file_io_failed', `the controller has another file for ${args.path} than the order says`);
  } catch (error) {
    return endingOf(error, { io, path: args.path, broken: broken.signal });
  }
}

async function send(passage: FileHandle, taken: ToolEnding, io: ToolIo): Promise<ToolEnding> {
  try {
    const { artifactId } = await io.files.upload({
      name: FETCHED_FILE,
      mediaType: 'application/octet-stream',
      open: () => createReadStream('', { fd: passage.fd, autoClose: false, start: 0 }),
      signal: io.signal,
    });
    return { ...taken, result: { ...(taken.result as object), file_id: artifactId } }; // it has a result, being ok
  } catch (error) {
    return endingOf(error, { io, path: 'the file' });
  }
}

function endingOf(
  error: unknown,
  { io, path, broken }: { readonly io: ToolIo; readonly path: string; readonly broken?: AbortSignal },
): ToolEnding {
  if (io.signal.aborted) return stopped(io.signal.reason as StopReason, false); // only those are given
  if (broken?.aborted) return endingOfFailure(broken.reason, path);
  const code = error instanceof BulkRefused && error.code === 'too_large' ? 'file_too_large' : 'file_io_failed';
  return failed(code, `the file could not be transferred between this host and the controller: ${messageOf(error)}`);
}

function patienceFor(bytes: number): number {
  return Math.min(MOST_PATIENCE_MS, PATIENCE_MS + bytes / 1024);
}
