import { Batcher } from '#runtime/batcher.ts';
import type { Service } from '#runtime/service.ts';
import type { Context } from '../kernel/context.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { OutpostTelemetry } from './outpost.ts';
import { isDeregistered } from './register-outpost.ts';
import { type Beat, keyOf, type OutpostStanding, writeBeats } from './store.ts';

/** Stores heartbeats in batches; each is answered when it is durable. */
export class HeartbeatWriter implements Service {
  readonly name = 'heartbeats of outposts';
  readonly #db: Queryable;
  readonly #batcher: Batcher<Beat, OutpostStanding>;

  constructor({ db }: { readonly db: Queryable }) {
    this.#db = db;
    this.#batcher = new Batcher({
      flush: (beats) => this.#write(beats),
      isFaultOfItem: isFaultOfValues,
      maxItems: 500,
      maxWaitMs: 2,
    });
  }

  write(beat: Beat): Promise<OutpostStanding> {
    return this.#batcher.add(beat);
  }

  /** There is nothing to start: what is asked of it is done. */
  async start(): Promise<void> {}

  stop(): Promise<void> {
    return this.#batcher.stop();
  }

  /** When a batch has two heartbeats of one outpost, the last one counts. */
  async #write(beats: readonly Beat[]): Promise<OutpostStanding[]> {
    const latest = new Map(beats.map((beat) => [keyOf(beat), beat]));
    const standings = await writeBeats(this.#db, [...latest.values()]);
    return beats.map((beat) => standings.get(keyOf(beat)) ?? 'unknown');
  }
}

/** @throws FleetError `not_found`, `conflict` for a deregistered outpost. Returns when it was received. */
export async function recordHeartbeat(
  ctx: Context,
  deps: { readonly heartbeats: Pick<HeartbeatWriter, 'write'> },
  { id, telemetry }: { readonly id: NodeId; readonly telemetry: OutpostTelemetry },
): Promise<Date> {
  const at = ctx.clock.now();
  const standing = await deps.heartbeats.write({ tenantId: ctx.tenantId, id, telemetry, at });
  if (standing === 'unknown') throw notFound('outpost');
  if (standing === 'deregistered') throw isDeregistered('its heartbeats are not accepted');
  return at;
}
