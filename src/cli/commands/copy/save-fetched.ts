import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { FleetEvent } from '#client/edge-fleet/wire.ts';

/** A file that a node has given, as its result says. Nothing of it becomes a path. */
export interface Fetched {
  readonly nodeId: string;
  readonly fileId: string;
  readonly sha256: string;
}

/** Undefined for every other event. */
export function readFetched({ event, data }: FleetEvent): Fetched | undefined {
  if (event !== 'command_result' || !('ok' in data.result)) return undefined;
  const { file_id: fileId, sha256 } = (data.result.ok.result ?? {}) as Readonly<Record<string, unknown>>; // looked at below
  if (typeof fileId !== 'string' || typeof sha256 !== 'string') return undefined;
  return { nodeId: data.node_id, fileId, sha256 };
}

/** In a directory, the file keeps its name. */
export async function placeFor(path: string, name: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return path.endsWith('/') || found?.isDirectory() ? join(path, name) : path;
}

/** Beside its place first, and there when all of it has come and is what the node had. */
export async function saveFetched(
  client: EdgeFleetClient,
  fetched: Fetched,
  path: string,
  onBytes: (sofar: number) => void = () => {},
): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const temporary = join(directory, `.${basename(path)}.${randomUUID().slice(0, 8)}.part`);
  const hash = createHash('sha256');
  const leaving = new AbortController();
  try {
    const content = await client.readFetchedFile(fetched.fileId, leaving.signal);
    await pipeline(
      content,
      async function* (pieces: AsyncIterable<Uint8Array>) {
        let sofar = 0;
        for await (const piece of pieces) {
          hash.update(piece);
          sofar += piece.length;
          onBytes(sofar);
          yield piece;
        }
      },
      createWriteStream(temporary, { flags: 'wx', mode: 0o600, flush: true }),
    );
    if (hash.digest('hex') !== fetched.sha256) throw new Error('it was damaged on the way: its SHA-256 differs');
    await rename(temporary, path);
  } finally {
    leaving.abort();
    await rm(temporary, { force: true });
  }
}
