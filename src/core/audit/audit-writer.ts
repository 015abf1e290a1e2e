import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { AuditEntry, AuditTrail } from './audit-trail.ts';
import { type ChainedEntry, chainEntry, EMPTY_CHAIN } from './chain.ts';
import { insertEntries, lockChainHeads } from './store.ts';

export interface AuditWriterOptions {
  readonly db: Database;
  readonly log: Log;
  /** An entry waits at most so long. Default 100 ms. */
  readonly maxWaitMs?: number;
  /** Rows of one statement. Default 500. */
  readonly maxBatch?: number;
  /** Entries that may wait; then `hasRoom` is false and nothing more is changed until they are written. Default 10,000. */
  readonly maxWaiting?: number;
  /** Told the size of every batch. */
  readonly onBatch?: (size: number) => void;
}

/**
 * Writes the audit log in batches, off the path of the request. An entry is lost only when the process is killed within
 * the 100 ms it waits. While the database is away the entries wait, and when no more can wait nothing is changed any
 * more; what a stopping process cannot write goes to the log line by line.
 */
export class AuditWriter implements AuditTrail, Service {
  readonly name = 'audit writer';
  readonly #options: Required<Omit<AuditWriterOptions, 'onBatch'>> & Pick<AuditWriterOptions, 'onBatch'>;
  #waiting: AuditEntry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: AuditWriterOptions) {
    this.#options = { maxWaitMs: 100, maxBatch: 500, maxWaiting: 10_000, ...options };
  }

  get hasRoom(): boolean {
    return this.#waiting.length < this.#options.maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  record(entry: AuditEntry): void {
    this.#waiting.push(entry);
    if (this.#waiting.length >= this.#options.maxBatch) this.#writeSoon(0);
    else this.#writeSoon(this.#options.maxWaitMs);
  }

  async start(): Promise<void> {}

  /** Writes what waits. */
  async stop(): Promise<void> {
    await this.flush().catch(() => this.#tellLog());
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Resolves when everything recorded before this call has been written; rejects when it cannot be. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => {});
    while (this.#waiting.length > 0) await this.#write();
  }

  #writeSoon(delayMs: number): void {
    if (this.#writing !== undefined || (this.#timer !== undefined && delayMs > 0)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#write().catch((error) =>
        this.#options.log.warn({ err: error, waiting: this.waiting }, 'the audit log cannot be written and waits'),
      );
    }, delayMs);
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeBatch().finally(() => {
      this.#writing = undefined;
      if (this.#waiting.length > 0) this.#writeSoon(this.#options.maxWaitMs);
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#options.maxBatch);
    if (batch.length === 0) return;
    await this.#options.db.transaction(async (tx) => {
      const heads = await lockChainHeads(tx, [...new Set(batch.map((entry) => entry.tenantId))]);
      await insertEntries(tx, chained(batch, heads));
    });
    this.#waiting = this.#waiting.slice(batch.length);
    this.#options.onBatch?.(batch.length);
  }

  #tellLog(): void {
    for (const entry of this.#waiting) this.#options.log.error({ audit: entry }, 'an audit row could not be written');
    this.#waiting = [];
  }
}

function chained(
  batch: readonly AuditEntry[],
  locked: Awaited<ReturnType<typeof lockChainHeads>>,
): readonly ChainedEntry[] {
  const heads = new Map(locked);
  return batch.map((entry) => {
    const head: { chainPosition: number; hash: Buffer } = heads.get(entry.tenantId) ?? EMPTY_CHAIN;
    const next = chainEntry(head, newId(), entry);
    heads.set(entry.tenantId as TenantId, next);
    return next;
  });
}
