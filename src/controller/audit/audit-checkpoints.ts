import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type AuditKeys, isSameHash } from '#core/audit/audit-keys.ts';
import { type KnownHead, writeHead } from '#core/audit/chain.ts';
import { allChainHeads, hashesAt, keepCheckpoints } from '#core/audit/store.ts';
import { recordEvents } from '#core/events/record-events.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { Log } from '#runtime/log.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';

export interface AuditCheckpointsOptions {
  readonly db: Database;
  readonly keys: Pick<AuditKeys, 'sign' | 'publicKeyPem'>;
  readonly clock: Clock;
  readonly log: Log;
  /** File of the newest checkpoint; replaced as a whole. */
  readonly file: string;
}

type Heads = ReadonlyMap<TenantId, KnownHead>;

/** Heads in one line of the log. */
const HEADS_TO_LOG = 100;

/**
 * Tells the heads of the audit log outside of the database, so that what is in it can be held against something that
 * whoever writes in the database cannot change. In each pass:
 *
 * 1. The heads of the checkpoint before must still be in the log. A head that is not is told as an error and an event,
 *    and the checkpoint file that knows it is kept beside the new one.
 * 2. The new heads go into a signed file, into our log, and, where they have moved, into the events of their tenants.
 */
export class AuditCheckpoints {
  readonly #options: AuditCheckpointsOptions;
  #last: Heads | undefined;

  constructor(options: AuditCheckpointsOptions) {
    this.#options = options;
  }

  async pass(): Promise<void> {
    const { db, clock, log } = this.#options;
    this.#last ??= await this.#readFile();
    const lost = await this.#lostOf(this.#last);
    const heads: Heads = await allChainHeads(db);
    const checkpoint = { at: clock.now(), heads };
    if (lost.size > 0) await this.#tellLost(lost, checkpoint.at);
    const moved = await this.#tellEvents(checkpoint, lost);
    await this.#writeFile(checkpoint);
    this.#last = heads;
    if (moved.size > 0) {
      const told = [...moved].slice(0, HEADS_TO_LOG).map(([tenantId, head]) => `${tenantId} ${writeHead(head)}`);
      log.info({ heads: told, moved: moved.size }, 'the heads of the audit log');
    }
  }

  async #lostOf(heads: Heads): Promise<Heads> {
    const found = await hashesAt(this.#options.db, heads);
    return new Map(
      [...heads].filter(([tenantId, { hash }]) => {
        const there = found.get(tenantId);
        return there === undefined || !isSameHash(there, hash);
      }),
    );
  }

  async #tellLost(lost: Heads, at: Date): Promise<void> {
    const { log, file } = this.#options;
    const kept = `${file}.lost-${at.toISOString().replace(/[:.]/g, '-')}`;
    await link(file, kept).catch((error) => log.warn({ err: error, file }, 'the former checkpoint could not be kept'));
    const told = [...lost].slice(0, HEADS_TO_LOG).map(([tenantId, head]) => `${tenantId} ${writeHead(head)}`);
    log.error(
      { heads: told, lost: lost.size, checkpoint: kept },
      'the audit log no longer holds rows it had: it was rewritten, cut off, or restored from a backup',
    );
  }

  /** @returns the heads that nobody has told before */
  #tellEvents({ at, heads }: Checkpoint, lost: Heads): Promise<Heads> {
    return this.#options.db.transaction(async (tx) => {
      const isNew = await keepCheckpoints(tx, heads, at);
      const moved = new Map([...heads].filter(([tenantId]) => isNew.has(tenantId)));
      await recordEvents(tx, [
        ...[...lost].map((head) => ({ type: 'audit.head_lost' as const, ...about(head) })),
        ...[...moved].map((head) => ({ type: 'audit.checkpointed' as const, ...about(head) })),
      ]);
      return moved;
    });
  }

  /** None when there is no file, or none that we signed: that is told and does not keep the next one from being written. */
  async #readFile(): Promise<Heads> {
    const { file, keys, log } = this.#options;
    try {
      return readCheckpoint(keys.publicKeyPem, await readFile(file, 'utf8')).heads;
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'; // thrown by node:fs
      if (!isMissing) log.error({ err: error, file }, 'the last checkpoint of the audit log cannot be used');
      return new Map();
    }
  }

  /** Whole or not at all, also when the power goes. */
  async #writeFile(checkpoint: Checkpoint): Promise<void> {
    const { file, keys } = this.#options;
    const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    try {
      const handle = await open(draft, 'wx', 0o644);
      try {
        await handle.writeFile(writeCheckpoint(keys, checkpoint));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    const directory = await open(dirname(file), 'r');
    await directory.sync().finally(() => directory.close());
  }
}

function about([tenantId, { chainPosition, hash }]: readonly [TenantId, KnownHead]) {
  return { tenantId, subject: tenantId, data: { position: chainPosition, hash: hash.toString('hex') } };
}
