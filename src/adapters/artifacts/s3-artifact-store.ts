/**
 * Artifacts in a bucket of S3 or of what speaks like it: `PREFIX/TENANT/KIND/OWNER/SHA256`. Every controller reaches all of them.
 *
 * The name of an object is known when all bytes have come, so they gather in a file first, in pieces, and are sent from there with
 * their length and their SHA-256, which the far end checks. One request carries 5 GiB at most; more is refused.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ArtifactOwner } from '#core/artifacts/artifact.ts';
import type { ArtifactStore, ByteRange, OpenBytes, PutOptions, StoredBytes } from '#core/artifacts/artifact-store.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { gather } from './checksummed.ts';
import { checkedSha256, SHA256, segmentsOf } from './object-names.ts';

export interface S3Options {
  readonly bucket: string;
  /** Before every name; empty for none. */
  readonly prefix: string;
  readonly region: string;
  /** The address of another service that speaks S3. Default: that of AWS. */
  readonly endpoint?: string | undefined;
  /** Default: as the AWS SDK finds them (`AWS_ACCESS_KEY_ID`, shared files, the role of the machine). */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Where uploads gather before they are sent. */
  readonly draftsIn: string;
}

const MOST_BYTES = 5 * 2 ** 30;
const REQUEST_MS = 300_000;
const CONNECT_MS = 10_000;

export class S3ArtifactStore implements ArtifactStore {
  readonly #options: S3Options;
  readonly #client: S3Client;

  constructor(options: S3Options) {
    const { region, endpoint, credentials } = options;
    this.#options = options;
    this.#client = new S3Client({
      region,
      maxAttempts: 3,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS },
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      ...(credentials !== undefined && { credentials }),
    });
  }

  async prepare(): Promise<void> {
    await rm(this.#options.draftsIn, { recursive: true, force: true });
    await mkdir(this.#options.draftsIn, { recursive: true, mode: 0o700 });
  }

  close(): void {
    this.#client.destroy();
  }

  async put(owner: ArtifactOwner, content: AsyncIterable<Uint8Array>, options: PutOptions): Promise<StoredBytes> {
    const draft = join(this.#options.draftsIn, randomBytes(12).toString('hex'));
    try {
      const stored = await gather(draft, content, { ...options, maxBytes: Math.min(options.maxBytes, MOST_BYTES) });
      const put = new PutObjectCommand({
        Bucket: this.#options.bucket,
        Key: this.#keyOf(owner, stored.sha256),
        Body: createReadStream(draft),
        ContentLength: stored.sizeBytes,
        ChecksumSHA256: Buffer.from(stored.sha256, 'hex').toString('base64'),
      });
      await this.#asking(() => this.#client.send(put, { ...(options.signal && { abortSignal: options.signal }) }));
      return stored;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async open(owner: ArtifactOwner, sha256: string, range?: ByteRange): Promise<OpenBytes | undefined> {
    const key = this.#keyOf(owner, checkedSha256(sha256));
    const asked = range === undefined ? undefined : `bytes=${range.start}-${range.end ?? ''}`;
    try {
      const get = new GetObjectCommand({ Bucket: this.#options.bucket, Key: key, Range: asked });
      const got = await this.#asking(() => this.#client.send(get));
      if (!(got.Body instanceof Readable)) throw new Error('S3 answered without a stream');
      return { sizeBytes: wholeSize(got.ContentRange, got.ContentLength), content: got.Body };
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined;
      if (nameOf(error) === 'InvalidRange') return this.#nothingOf(owner, sha256);
      throw error;
    }
  }

  async list(owner: ArtifactOwner): Promise<readonly StoredBytes[]> {
    const found: StoredBytes[] = [];
    const prefix = this.#prefixOf(owner);
    for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
      const list = new ListObjectsV2Command({ Bucket: this.#options.bucket, Prefix: prefix, ContinuationToken: token });
      const page = await this.#asking(() => this.#client.send(list));
      for (const { Key = '', Size = 0 } of page.Contents ?? []) {
        const sha256 = Key.slice(prefix.length);
        if (SHA256.test(sha256)) found.push({ sha256, sizeBytes: Size });
      }
      token = page.NextContinuationToken;
    }
    return found;
  }

  async remove(owner: ArtifactOwner, sha256: string): Promise<void> {
    const remove = new DeleteObjectCommand({
      Bucket: this.#options.bucket,
      Key: this.#keyOf(owner, checkedSha256(sha256)),
    });
    await this.#asking(() => this.#client.send(remove));
  }

  async removeAllOf(owner: ArtifactOwner): Promise<void> {
    for (const { sha256 } of await this.list(owner)) await this.remove(owner, sha256);
  }

  /** A range that begins at its end, as files answer it. */
  async #nothingOf(owner: ArtifactOwner, sha256: string): Promise<OpenBytes | undefined> {
    const found = (await this.list(owner)).find((one) => one.sha256 === sha256);
    return found && { sizeBytes: found.sizeBytes, content: Readable.from([]) };
  }

  #prefixOf(owner: ArtifactOwner): string {
    const { prefix } = this.#options;
    return `${[...(prefix === '' ? [] : [prefix]), ...segmentsOf(owner)].join('/')}/`;
  }

  #keyOf(owner: ArtifactOwner, sha256: string): string {
    return this.#prefixOf(owner) + sha256;
  }

  /** @throws FleetError `unavailable` for everything but answers that mean something here, with the reason in the log */
  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const name = nameOf(error);
      if (name === 'NoSuchKey' || name === 'InvalidRange' || name === 'AbortError') throw error;
      throw new FleetError('unavailable', `the store of artifacts does not answer as it should (${name})`, {
        cause: error,
      });
    }
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

/** The size of the whole object in bytes, also where a range was asked for. */
function wholeSize(contentRange: string | undefined, contentLength: number | undefined): number {
  const [, whole] = /\/([0-9]+)$/.exec(contentRange ?? '') ?? [];
  return whole === undefined ? (contentLength ?? 0) : Number(whole);
}
