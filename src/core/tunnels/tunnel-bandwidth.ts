/**
 * How fast bytes may pass through the tunnels of this controller: all tunnels of a caller together, and all to a node together, in both
 * directions. Whoever is faster is held back, never cut. A caller keeps its limit between two tunnels, so that many short ones get no
 * more than a long one.
 */
import { LRUCache } from 'lru-cache';
import { BandwidthLimit } from '#runtime/bandwidth-limit.ts';
import type { Pace } from '#runtime/paced-stream.ts';

export interface TunnelBandwidthLimits {
  /** Bytes a second; Infinity: no limit. */
  readonly bytesPerPrincipal: number;
  readonly bytesPerNode: number;
}

const BURST_MS = 50;
const MOST_REMEMBERED = 20_000;

export class TunnelBandwidth {
  readonly #limits: TunnelBandwidthLimits;
  readonly #remembered = new LRUCache<string, BandwidthLimit>({ max: MOST_REMEMBERED });

  constructor(limits: TunnelBandwidthLimits) {
    this.#limits = limits;
  }

  /** @param times how many callers this one stands for. @returns undefined when nothing is limited */
  paceOf({ caller, times, node }: { caller: string; times: number; node: string }): Pace | undefined {
    const { bytesPerPrincipal, bytesPerNode } = this.#limits;
    const limits = [
      this.#limit(`caller ${caller}`, bytesPerPrincipal * times),
      this.#limit(`node ${node}`, bytesPerNode),
    ].filter((limit) => limit !== undefined);
    if (limits.length === 0) return undefined;
    return (bytes) => Math.max(...limits.map((limit) => limit.reserve(bytes)));
  }

  #limit(name: string, bytesPerSecond: number): BandwidthLimit | undefined {
    if (bytesPerSecond === Infinity) return undefined;
    const remembered = this.#remembered.get(name);
    if (remembered !== undefined) return remembered;
    const limit = new BandwidthLimit(bytesPerSecond, { burstMs: BURST_MS });
    this.#remembered.set(name, limit);
    return limit;
  }
}
