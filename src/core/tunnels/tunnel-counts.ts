import type { DoorCounts, TunnelDoor, TunnelEnding } from '../metrics/controller-metrics.ts';
import type { TunnelEnd } from './tunnel-desk.ts';

const TIMES_OVER: ReadonlySet<string> = new Set(['idle', 'lasted_too_long', 'timed_out']);
const STOPPED = 'controller_stopped';

function endingOf({ why }: Pick<TunnelEnd, 'why'>): TunnelEnding {
  if (TIMES_OVER.has(why)) return 'deadline';
  return why === STOPPED ? 'drained' : 'normal';
}

/** Counts by the door they were asked for at. */
export class TunnelCounts {
  readonly #doors: Record<TunnelDoor, DoorCounts> = { proxy: none(), tunnel: none(), terminal: none() };

  of(door: TunnelDoor): DoorCounts {
    return this.#doors[door];
  }

  opened(door: TunnelDoor): void {
    this.#change(door, ({ opened }) => ({ opened: opened + 1 }));
  }

  refused(door: TunnelDoor): void {
    this.#change(door, ({ refused }) => ({ refused: refused + 1 }));
  }

  unauthenticated(door: TunnelDoor): void {
    this.#change(door, ({ unauthenticated }) => ({ unauthenticated: unauthenticated + 1 }));
  }

  closed(door: TunnelDoor, end: TunnelEnd): void {
    const ending = endingOf(end);
    this.#change(door, ({ closed, bytesUp, bytesDown }) => ({
      closed: { ...closed, [ending]: closed[ending] + 1 },
      bytesUp: bytesUp + end.bytesUp,
      bytesDown: bytesDown + end.bytesDown,
    }));
  }

  #change(door: TunnelDoor, change: (counts: DoorCounts) => Partial<DoorCounts>): void {
    const counts = this.#doors[door];
    this.#doors[door] = { ...counts, ...change(counts) };
  }
}

function none(): DoorCounts {
  const closed = { normal: 0, deadline: 0, drained: 0 };
  return { opened: 0, refused: 0, unauthenticated: 0, closed, bytesUp: 0, bytesDown: 0 };
}
