/**
 * The connections that carry what is large between this node and its controller.
 *
 * asked    the session carries a `BulkAsk`; → granted with the controller's `BulkOpen`; → failed when it refuses, the session ends, or
 *          nothing comes within `ANSWER_MS`
 * granted  a connection is dialled to the controller that opened it, and the token goes first; → open with its answer
 * open     the file passes; → done, or failed when the connection breaks or the controller refuses what it got
 *
 * What failed for a reason that passes is tried again with backoff, `MOST_FAILURES` times in a row without a byte getting further;
 * a download goes on where it was, an upload begins again.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { BlockStream } from '#protocol/bulk/block-stream.ts';
import {
  BulkAnswer,
  type BulkAsk,
  type BulkOpen,
  type BulkToNode,
  type FileOffer,
  type FileReceipt,
} from '#protocol/gen/garrison/node/v1/node.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Identity } from '../identity/identity.ts';
import type { ProxyFor } from '../session/http-proxy.ts';
import type { SessionLink } from '../session/session-link.ts';
import { BulkRefused, isElsewhere, OwnSideFailed, onOwnSide, passes } from './bulk-refused.ts';
import { dialBulk } from './dial-bulk.ts';

export interface BulkChannelsParts {
  readonly link: SessionLink;
  readonly identity: () => Identity;
  readonly proxyFor: ProxyFor;
  /** host:port of the session's controller, while there is a session. */
  readonly endpoint: () => string | undefined;
  /** Resolves when a session is open. */
  readonly opened: () => Promise<void>;
}

export interface BulkUpload {
  readonly executionId: string;
  /** Letters, digits, spaces and `. _ + @ -`. An earlier one of that name is replaced. */
  readonly name: string;
  readonly mediaType: string;
  /** Called anew for every attempt. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface BulkDownload {
  readonly ticket: string;
  /** The position of the first byte that is wanted. Default 0. */
  readonly offset?: number;
  /** Takes the bytes in order, each once; the next come when it resolves. */
  readonly take: (bytes: Buffer) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

type Purpose = NonNullable<BulkAsk['purpose']>;

const ANSWER_MS = 30_000;
const MOST_FAILURES = 8;
const MOST_BYTES_OF_ANSWER = 4_096;

export class BulkChannels {
  readonly #parts: BulkChannelsParts;
  readonly #asked = new Map<string, PromiseWithResolvers<BulkOpen>>();
  readonly #stop = new AbortController();

  constructor(parts: BulkChannelsParts) {
    this.#parts = parts;
  }

  /** Resolves when the artifact is safe. @throws BulkRefused, what broke the last attempt, or what reading the file failed with */
  upload({ executionId, name, mediaType, open, signal }: BulkUpload): Promise<FileReceipt> {
    const purpose: Purpose = { $case: 'upload', value: { executionId, name, mediaType } };
    return this.#trying(signal, (within) =>
      this.#on({ purpose, answer: 'wanted' }, within, (blocks) => sendFile(blocks, open())),
    );
  }

  /** Resolves when everything came as it should; whoever began at 0 has had the SHA-256 compared. What `take` throws ends it. */
  async download({ ticket, offset = 0, take, signal }: BulkDownload): Promise<FileOffer> {
    const hash = offset === 0 ? createHash('sha256') : undefined;
    let at = offset;
    const offer = await this.#trying(signal, (within, onProgress) => {
      const purpose: Purpose = { $case: 'download', value: { ticket, offset: at } };
      return this.#on({ purpose, answer: 'offer' }, within, async (blocks, offered) => {
        for await (const bytes of blocks.readFile()) {
          await onOwnSide(take(bytes));
          hash?.update(bytes);
          at += bytes.length;
          onProgress();
        }
        return offered;
      });
    });
    checkWhole(offer, at, hash);
    return offer;
  }

  onWord(word: BulkToNode['word']): void {
    if (word === undefined) return;
    const asked = this.#asked.get(word.value.channelId);
    if (word.$case === 'open') asked?.resolve(word.value);
    if (word.$case === 'refused') asked?.reject(new BulkRefused(word.value.code, word.value.message));
  }

  /** What was asked on the session before is answered by nobody. */
  sessionOpened(): void {
    for (const asked of this.#asked.values()) asked.reject(new Error('the session ended before it was answered'));
  }

  stop(): void {
    this.#stop.abort();
  }

  async #trying<T>(
    signal: AbortSignal | undefined,
    attempt: (within: AbortSignal, onProgress: () => void) => Promise<T>,
  ): Promise<T> {
    const within = AbortSignal.any([this.#stop.signal, ...(signal === undefined ? [] : [signal])]);
    const backoff = new Backoff({ maxMs: 30_000 });
    for (;;) {
      within.throwIfAborted();
      try {
        await unlessAborted(this.#parts.opened(), within);
        return await attempt(within, () => backoff.reset());
      } catch (error) {
        within.throwIfAborted();
        if (error instanceof OwnSideFailed) throw error.cause;
        if (!passes(error) || backoff.failures >= MOST_FAILURES) throw error;
        await backoff.wait(within);
      }
    }
  }

  /** Does `work` on a connection for `purpose`, once the controller has given the answer that begins it. */
  async #on<Case extends Answer['$case'], T>(
    wanted: { readonly purpose: Purpose; readonly answer: Case },
    within: AbortSignal,
    work: (blocks: BlockStream, answer: AnswerOf<Case>) => Promise<T>,
  ): Promise<T> {
    const { token, endpoints } = await this.#ask(wanted.purpose, within);
    let problem: unknown;
    for (const endpoint of this.#ways(endpoints)) {
      const socket = await this.#dial(endpoint, within).catch((error) => {
        problem = error;
      });
      if (socket === undefined) continue;
      const end = () => socket.destroy();
      within.addEventListener('abort', end);
      try {
        const blocks = new BlockStream(socket);
        await blocks.write(token);
        return await work(blocks, await expect(blocks, wanted.answer));
      } catch (error) {
        if (!isElsewhere(error)) throw error;
        problem = error;
      } finally {
        within.removeEventListener('abort', end);
        socket.end(end);
      }
    }
    throw problem;
  }

  #dial(endpoint: string, within: AbortSignal): Promise<TLSSocket> {
    const { identity, proxyFor } = this.#parts;
    return dialBulk({ identity: identity(), endpoint, proxy: proxyFor(endpoint) }, within);
  }

  /** First the way that the session took, which is known to be open; behind a balancer it may lead to another controller. */
  #ways(endpoints: readonly string[]): ReadonlySet<string> {
    const current = this.#parts.endpoint();
    return new Set([...(current === undefined ? [] : [current]), ...endpoints]);
  }

  async #ask(purpose: Purpose, within: AbortSignal): Promise<BulkOpen> {
    const channelId = randomUUID();
    const asked = Promise.withResolvers<BulkOpen>();
    this.#asked.set(channelId, asked);
    try {
      this.#parts.link.send({ $case: 'bulk', value: { word: { $case: 'ask', value: { channelId, purpose } } } });
      const late = delay(ANSWER_MS, undefined, { signal: within, ref: false }).then(() => {
        throw new Error('the controller does not answer; perhaps it is older than this daemon');
      });
      return await Promise.race([asked.promise, late]);
    } finally {
      this.#asked.delete(channelId);
    }
  }
}

type Answer = NonNullable<BulkAnswer['answer']>;
type AnswerOf<Case extends Answer['$case']> = Extract<Answer, { readonly $case: Case }>['value'];

/** @throws BulkRefused where the controller says something else */
async function expect<Case extends Answer['$case']>(blocks: BlockStream, kind: Case): Promise<AnswerOf<Case>> {
  const { answer } = BulkAnswer.decode(await blocks.read(MOST_BYTES_OF_ANSWER));
  if (answer?.$case === kind) return answer.value as AnswerOf<Case>; // of this case
  if (answer?.$case === 'refused') throw new BulkRefused(answer.value.code, answer.value.message);
  throw new BulkRefused('not_implemented', 'the controller sent an answer that this daemon does not know');
}

async function sendFile(blocks: BlockStream, content: AsyncIterable<Uint8Array>): Promise<FileReceipt> {
  const hash = createHash('sha256');
  const refused = expect(blocks, 'receipt'); // it comes early when the controller does not take the rest
  refused.catch(() => {}); // told below
  await Promise.race([blocks.writeFile(hashed(content, hash)), refused]);
  const sha256 = hash.digest();
  await blocks.write(sha256);
  const receipt = await refused;
  if (!sha256.equals(receipt.sha256))
    throw new BulkRefused('invalid', 'the controller has stored something else than was sent');
  return receipt;
}

async function* hashed(content: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  const pieces = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await onOwnSide(pieces.next());
      if (done) return;
      hash.update(value);
      yield value;
    }
  } finally {
    await pieces.return?.();
  }
}

function checkWhole({ sizeBytes, sha256 }: FileOffer, received: number, hash: Hash | undefined): void {
  if (received !== sizeBytes) throw new BulkRefused('invalid', `${received} bytes came of a file of ${sizeBytes}`);
  if (hash !== undefined && !hash.digest().equals(sha256))
    throw new BulkRefused('invalid', 'the file was damaged on the way: its SHA-256 differs');
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
