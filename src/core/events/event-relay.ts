import { Batcher } from '#runtime/batcher.ts';
import { LeasedWork } from '#runtime/leased-work.ts';
import type { Service } from '#runtime/service.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import type { ControllerId } from '../kernel/ids.ts';
import type { ClaimedCursor, CursorId, CursorKind } from './cursor.ts';
import { claimCursors, hasCursors, renewCursors } from './cursor-store.ts';
import type { OutboxTide } from './outbox-tide.ts';
import { countParked } from './parked-store.ts';
import { type RelayDeps, relayCursor } from './relay-cursor.ts';
import { Settlements } from './settlements.ts';

export interface EventRelayOptions extends RelayDeps {
  readonly cursors: CursorKind;
  readonly controllerId: ControllerId;
  readonly tide: Pick<OutboxTide, 'listen'>;
  /** Destinations at work at the same time. Default 64. */
  readonly most?: number;
  /** Default 10,000 ms. */
  readonly leaseMs?: number;
  onFailure(error: unknown): void;
}

/** Delivers the events of one kind of cursor, together with the other controllers. The work on each is `relay-cursor.ts`. */
export class EventRelay implements Service {
  readonly name: string;
  readonly #options: EventRelayOptions;
  readonly #work: LeasedWork<ClaimedCursor>;
  #leave: (() => void) | undefined;

  constructor(options: EventRelayOptions) {
    const { db, cursors: kind, controllerId, most = 64, leaseMs = 10_000 } = options;
    this.name = `events to ${kind}s`;
    this.#options = options;
    const parked = new Batcher<CursorId, number>({
      flush: (ids) => countParked(db, ids),
      isFaultOfItem: isFaultOfValues,
      ...{ maxItems: 256, maxWaitMs: 0, maxInFlight: 2 },
    });
    const shared = { ...options, parked, settlements: new Settlements(options) };
    this.#work = new LeasedWork({
      name: this.name,
      leaseMs,
      everyMs: 1_000,
      most,
      claim: (room) => this.#claim(() => claimCursors(db, { controllerId, leaseMs, kind, room })),
      renew: (held) => renewCursors(db, held, leaseMs),
      work: (cursor, signal) => relayCursor(shared, cursor, signal),
      onFailure: (error) => options.onFailure(error),
    });
  }

  /** Destinations at work. */
  get busy(): number {
    return this.#work.size;
  }

  start(): Promise<void> {
    return this.#work.start();
  }

  async stop(): Promise<void> {
    this.#leave?.();
    this.#leave = undefined;
    await this.#work.stop();
  }

  /** There is something to do that the outbox does not show: a new destination, something that is sent again. */
  nudge(): void {
    this.#work.nudge();
  }

  /** While there are no cursors nobody has to be woken by events. */
  async #claim(claim: () => Promise<ClaimedCursor[]>): Promise<ClaimedCursor[]> {
    const { db, cursors, tide } = this.#options;
    const claimed = await claim();
    const isWaiting = claimed.length > 0 || (await hasCursors(db, cursors));
    if (isWaiting) this.#leave ??= tide.listen(() => this.#work.nudge());
    else {
      this.#leave?.();
      this.#leave = undefined;
    }
    return claimed;
  }
}
