import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentArtifact, AgentResult, ArtifactType } from '#protocol/tools/agent-result.ts';
import { messageOf } from '../daemon-error.ts';

/** Where artifacts go. */
export type Upload = (file: {
  readonly name: string;
  readonly mediaType: string;
  /** Called anew for every attempt. */
  readonly open: () => AsyncIterable<Uint8Array>;
}) => Promise<unknown>;

export const MOST_ARTIFACT_BYTES = 256 * 1024 * 1024;

/** The artifacts of one run: made in a directory of ours, uploaded one after the other, and told with their checksums. */
export class ArtifactBox {
  readonly #directory: string;
  readonly #upload: Upload;
  readonly #stored: AgentArtifact[] = [];
  readonly #missing: { name: string; reason: string }[] = [];

  constructor(directory: string, upload: Upload) {
    this.#directory = directory;
    this.#upload = upload;
  }

  get stored(): AgentResult['artifacts'] {
    return this.#stored;
  }

  get missing(): AgentResult['missing_artifacts'] {
    return this.#missing;
  }

  miss(name: string, reason: string): void {
    this.#missing.push({ name, reason });
  }

  async addJson(name: string, type: ArtifactType, value: unknown): Promise<void> {
    const path = join(this.#directory, name);
    await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
    await this.addFile(name, type, 'application/json', path);
  }

  async addFile(name: string, type: ArtifactType, mediaType: string, path: string): Promise<void> {
    try {
      const { sha256, bytes } = await measure(path);
      if (bytes > MOST_ARTIFACT_BYTES)
        return this.miss(name, `it has ${bytes} bytes, and an artifact has ${MOST_ARTIFACT_BYTES} at most`);
      await this.#upload({ name, mediaType, open: () => createReadStream(path) });
      this.#stored.push({ name, type, content_type: mediaType, size_bytes: bytes, sha256 });
    } catch (error) {
      this.miss(name, messageOf(error));
    }
  }
}

async function measure(path: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
