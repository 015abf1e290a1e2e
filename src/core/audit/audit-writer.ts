import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import type { Clock } from '../kernel/clock.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { storeApart } from '../kernel/store-apart.ts';
import type { AuditKeys } from './audit-keys.ts';
import type { AuditEntry, AuditTrail } from './audit-trail.ts';
import { CHAIN_START, type ChainedEntry, type ChainHead, chainEntry } from './chain.ts';
import { allChainHeads, insertEntries, lockChainHeads } from './store.ts';

export interface AuditWriterOptions {
  readonly db: Database;
  readonly log: Log;
  readonly clock: Clock;
  readonly keys: Pick<AuditKeys, 'chainKey'>;
  /** How soon the database is tried again when it took nothing. Default 100 ms. */
  readonly retryMs?: number;
  /** Rows of one statement. Default 500. */
  readonly maxBatch?: number;
  /** Entries that may wait; then `hasRoom` is false and nothing more is changed until they are written. Default 10,000. */
  readonly maxWaiting?: number;
  /** Told the size of every batch. */
  readonly onBatch?: (size: number) => void;
}

/** Chains that one transaction seals at start. */
const SEALED_AT_ONCE = 500;

interface WaitingEntry {
  readonly entry: AuditEntry;
  /** It is written, or was tried. */
  readonly isTried: PromiseWithResolvers<void>;
}

/**
 * Writes the audit log in group commits: what comes while a batch is out is the next batch, so an entry costs an idle
 * controller one commit and a busy one a row in somebody else's. An order is answered when its entry is on the disk, so a
 * process that is killed loses no entry of an order anybody knows to be done.
 *
 * While the database is away entries wait and answers do not wait with them; when no more can wait nothing is changed any
 * more; what a stopping process cannot write goes to the log line by line.
 */
export class AuditWriter implements AuditTrail, Service {
  readonly name = 'audit writer';
  readonly #options: Required<Omit<AuditWriterOptions, 'onBatch'>> & Pick<AuditWriterOptions, 'onBatch'>;
  #waiting: WaitingEntry[] = [];
  #retry: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: AuditWriterOptions) {
    this.#options = { retryMs: 100, maxBatch: 500, maxWaiting: 10_000, ...options };
  }

  get hasRoom(): boolean {
    return this.#waiting.length < this.#options.maxWaiting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  record(entry: AuditEntry): Promise<void> {
    const isTried = Promise.withResolvers<void>();
    this.#waiting.push({ entry, isTried });
    if (this.#retry !== undefined)
      isTried.resolve(); // the database is away
    else this.#goOn();
    return isTried.promise;
  }

  /** Seals the chains that end in the time before keys, so that nobody adds to them without one. */
  async start(): Promise<void> {
    const { db } = this.#options;
    const heads = await allChainHeads(db);
    const unsealed = [...heads].filter(([, head]) => head.chainKind === 'unkeyed').map(([tenantId]) => tenantId);
    for (let at = 0; at < unsealed.length; at += SEALED_AT_ONCE) {
      const tenantIds = unsealed.slice(at, at + SEALED_AT_ONCE);
      await db.transaction((tx) => this.#append(tx, tenantIds, []));
    }
  }

  /** Writes what waits. */
  async stop(): Promise<void> {
    await this.flush().catch(() => this.#tellLog());
    this.#forgetRetry();
  }

  /** Resolves when everything recorded before this call has been written; rejects when it cannot be. */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => {});
    while (this.#waiting.length > 0) await this.#write();
  }

  #goOn(): void {
    if (this.#waiting.length === 0 || this.#writing !== undefined) return;
    this.#write().then(
      () => this.#goOn(),
      (error) =>
        this.#options.log.warn(
          { err: error, waiting: this.waiting },
          'the audit log cannot be written; its rows wait in memory',
        ),
    );
  }

  #write(): Promise<void> {
    this.#forgetRetry();
    this.#writing ??= this.#writeBatch()
      .catch((error) => {
        for (const { isTried } of this.#waiting) isTried.resolve();
        this.#retry ??= setTimeout(() => {
          this.#retry = undefined;
          this.#goOn();
        }, this.#options.retryMs);
        throw error;
      })
      .finally(() => {
        this.#writing = undefined;
      });
    return this.#writing;
  }

  async #writeBatch(): Promise<void> {
    await new Promise(setImmediate); // what arrives in the same turn goes into the same batch
    const batch = this.#waiting.slice(0, this.#options.maxBatch);
    if (batch.length === 0) return;
    const { refused, left, problem } = await storeApart(batch, (part) => this.#insert(part));
    this.#waiting = [...left, ...this.#waiting.slice(batch.length)];
    for (const { item, error } of refused)
      this.#options.log.error(
        { audit: item.entry, err: error },
        'an audit row cannot be stored; this log line has it instead',
      );
    for (const { isTried } of batch) isTried.resolve(); // what is left was tried too
    if (left.length > 0) throw problem;
    this.#options.onBatch?.(batch.length);
  }

  #insert(batch: readonly WaitingEntry[]): Promise<void> {
    const entries = batch.map(({ entry }) => entry);
    const tenantIds = [...new Set(entries.map((entry) => entry.tenantId))];
    return this.#options.db.transaction((tx) => this.#append(tx, tenantIds, entries));
  }

  /** Puts the entries behind the heads of their chains, and before them what seals a chain of the time before keys. */
  async #append(tx: Queryable, tenantIds: readonly TenantId[], entries: readonly AuditEntry[]): Promise<void> {
    const { keys, clock } = this.#options;
    const heads = new Map(await lockChainHeads(tx, tenantIds));
    const chainKeys = new Map(tenantIds.map((tenantId) => [tenantId, keys.chainKey(tenantId)]));
    const starts = [...heads].flatMap(([tenantId, head]) =>
      head.chainKind === 'unkeyed' ? [startOfKeyed(tenantId, head, clock.now())] : [],
    );
    const chained: ChainedEntry[] = [];
    for (const entry of [...starts, ...entries]) {
      const [head, key] = [heads.get(entry.tenantId), chainKeys.get(entry.tenantId)];
      if (head === undefined || key === undefined) continue; // every tenant of an entry is among the ids
      const next = chainEntry(key, head, newId(), entry);
      heads.set(entry.tenantId, next);
      chained.push(next);
    }
    await insertEntries(tx, chained);
  }

  #forgetRetry(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  #tellLog(): void {
    for (const { entry } of this.#waiting)
      this.#options.log.error({ audit: entry }, 'an audit row could not be written');
    this.#waiting = [];
  }
}

/** Says what it seals: the hash of this entry covers the head it names. */
function startOfKeyed(tenantId: TenantId, { chainPosition, hash }: ChainHead, at: Date): AuditEntry {
  return {
    tenantId,
    subject: 'controller',
    action: CHAIN_START,
    object: undefined,
    address: undefined,
    outcome: 'ok',
    requestId: newId(),
    facts: { formerPosition: chainPosition, formerHash: hash.toString('hex') },
    at,
  };
}
