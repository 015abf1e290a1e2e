import { Pool } from 'undici'; // one pool of connections for each receiver, with a connector of ours; Node’s fetch offers neither
import type { Sent } from '#core/events/destination.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { WebhookPost, WebhookSender } from '#core/webhooks/ports.ts';
import type { WebhookTarget } from '#core/webhooks/webhook.ts';
import type { Service } from '#runtime/service.ts';
import { judgeError, judgeStatus, retryAfterMs } from './judge-answer.ts';
import { pinnedConnector } from './pinned-connector.ts';
import { readAnswer } from './read-answer.ts';
import type { ResolveHost } from './resolver.ts';
import { type SigningKeys, signatureHeaders, signingKeys } from './signatures.ts';

export interface HttpWebhookSenderOptions {
  readonly clock: Clock;
  readonly resolve: ResolveHost;
  readonly arePrivateAllowed: boolean;
  /** Longest time of one attempt, from the name to the end of the answer. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** `garrison/1.2.3` */
  readonly userAgent: string;
}

/** Connections of one webhook, as many as the relay has lanes. */
const CONNECTIONS = 8;
/** A name is resolved again for connections that are older, and what is allowed is asked again. */
const POOL_MS = 60_000;
const MAX_HEADER_BYTES = 16_384;

interface OpenPool {
  readonly pool: Pool;
  readonly origin: string;
  readonly madeAtMs: number;
}

/**
 * Posts events over connections that stay open, a bounded number for each webhook. Whatever a receiver does, an attempt ends
 * within its time and the next request finds a connection that is good. Redirects are not followed.
 */
export class HttpWebhookSender implements WebhookSender, Service {
  readonly name = 'webhook sender';
  readonly #options: HttpWebhookSenderOptions;
  readonly #timeoutMs: number;
  /** As long as somebody posts to that target, who reads it anew for each batch. */
  readonly #keys = new WeakMap<WebhookTarget, SigningKeys>();
  readonly #pools = new Map<string, OpenPool>();
  readonly #closing = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HttpWebhookSenderOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
  }

  async start(): Promise<void> {
    this.#timer ??= setInterval(() => this.#closeOld(), POOL_MS / 4).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const open = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all([...open.map(({ pool }) => pool.destroy()), ...this.#closing]);
  }

  async post({ target, eventId, body }: WebhookPost, signal: AbortSignal): Promise<Sent> {
    const startedAt = performance.now();
    const attempt = boundedAttempt(signal, this.#timeoutMs);
    try {
      const url = new URL(target.url);
      const answer = await this.#pool(target.id, url.origin).request({
        method: 'POST',
        path: url.pathname + url.search,
        headers: { ...target.headers, ...this.#headers({ target, eventId, body }) },
        body,
        signal: attempt.signal,
      });
      const { text, isCut } = await readAnswer(answer.body);
      const judged = judgeStatus(answer.statusCode);
      const asked = retryAfterMs(String(answer.headers['retry-after'] ?? ''), this.#options.clock.millis());
      return {
        ...judged,
        word: isCut && judged.outcome === 'delivered' ? 'ok_answer_cut' : judged.word,
        status: answer.statusCode,
        durationMs: performance.now() - startedAt,
        ...(text !== '' && { answer: text }),
        ...(asked !== undefined && { retryAfterMs: asked }),
      };
    } catch (error) {
      if (signal.aborted) return { outcome: 'halted', word: 'halted' };
      return { ...judgeError(attempt.signal.reason ?? error), durationMs: performance.now() - startedAt };
    } finally {
      attempt.end();
    }
  }

  #headers({ target, eventId, body }: WebhookPost): Record<string, string> {
    return {
      'content-type': 'application/cloudevents+json',
      'user-agent': this.#options.userAgent,
      ...signatureHeaders({
        id: eventId,
        body,
        keys: this.#keysOf(target),
        timestamp: Math.floor(this.#options.clock.millis() / 1_000),
      }),
    };
  }

  #keysOf(target: WebhookTarget): SigningKeys {
    const known = this.#keys.get(target);
    if (known !== undefined) return known;
    const keys = signingKeys(target.secrets.map((secret) => secret.reveal()));
    this.#keys.set(target, keys);
    return keys;
  }

  #pool(id: string, origin: string): Pool {
    const known = this.#pools.get(id);
    if (known?.origin === origin && performance.now() - known.madeAtMs < POOL_MS) return known.pool;
    if (known !== undefined) this.#close(id, known);
    const { resolve, arePrivateAllowed } = this.#options;
    const pool = new Pool(origin, {
      connections: CONNECTIONS,
      pipelining: 1,
      connect: pinnedConnector({ resolve, arePrivateAllowed, connectTimeoutMs: this.#timeoutMs / 2 }),
      headersTimeout: this.#timeoutMs,
      bodyTimeout: this.#timeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: 30_000,
    });
    this.#pools.set(id, { pool, origin, madeAtMs: performance.now() });
    return pool;
  }

  #closeOld(): void {
    for (const [id, open] of this.#pools) if (performance.now() - open.madeAtMs >= POOL_MS) this.#close(id, open);
  }

  /** What is on its way over it still ends. */
  #close(id: string, { pool }: OpenPool): void {
    this.#pools.delete(id);
    const closed = pool
      .close()
      .catch(() => {}) // it was destroyed meanwhile
      .finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}

/**
 * A signal for one attempt, which aborts when `signal` does and when its time is over. `AbortSignal.any` and `.timeout` do the
 * same and are left to the garbage collector, which has a lot to do at thousands of attempts per second.
 */
function boundedAttempt(signal: AbortSignal, timeoutMs: number): { readonly signal: AbortSignal; end(): void } {
  const abort = new AbortController();
  const halt = () => abort.abort(signal.reason);
  const timer = setTimeout(() => abort.abort(new AttemptTimeout('the attempt took too long')), timeoutMs);
  signal.addEventListener('abort', halt);
  if (signal.aborted) halt();
  return {
    signal: abort.signal,
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', halt);
    },
  };
}

class AttemptTimeout extends Error {
  override readonly name = 'TimeoutError';
}
