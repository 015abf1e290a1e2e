import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { SentFile } from '#client/edge-fleet/wire.ts';
import { CliError, usageError } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Screen } from '../../terminal.ts';

export interface LocalContent {
  readonly path: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** From its beginning, each time. */
  open(): AsyncIterable<Uint8Array>;
}

export interface LocalFile extends LocalContent {
  /** Three octal digits. */
  readonly mode: string;
}

export async function readLocalFile(path: string): Promise<LocalFile> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw usageError(`${path} is a directory`, 'garrison cp -r copies directories.');
    if (!stats.isFile()) throw usageError(`${path} is not a file`);
    const open = () => createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>;
    return { path, open, ...(await measure(open())), mode: (stats.mode & 0o777).toString(8).padStart(3, '0') };
  } catch (error) {
    if (error instanceof CliError) throw error;
    const cause = error as Error; // of the system
    throw new CliError(`cannot read ${path}: ${cause.message}`, { exitCode: ExitCode.usage, cause });
  }
}

export async function measure(content: AsyncIterable<Uint8Array>): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of content) {
    hash.update(piece);
    size += piece.length;
  }
  return { size, sha256: hash.digest('hex') };
}

/** To the controller, once: what it has of the caller already is not sent again. */
export async function sendContent(client: EdgeFleetClient, file: LocalContent, screen: Screen): Promise<SentFile> {
  const known = await client.findSentFile(file.sha256);
  if (known !== undefined) return known;
  const counted = Readable.from(told(file, screen), { objectMode: false });
  return client.sendFile(file.sha256, Readable.toWeb(counted) as ReadableStream<Uint8Array>); // of bytes
}

async function* told({ path, size, open }: LocalContent, screen: Screen): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const piece of open()) {
    yield piece;
    sent += piece.length;
    if (screen.isTerminal) screen.rewriteLine(`sending ${path}: ${Math.floor((100 * sent) / Math.max(1, size))} %`);
  }
  if (screen.isTerminal) screen.rewriteLine('');
}
