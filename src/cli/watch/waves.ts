import type { DispatchMode, FailurePolicy } from '#client/edge-fleet/wire.ts';
import type { RunTally } from './run-tally.ts';

export interface Wave {
  /** From 1. */
  readonly number: number;
  readonly count: number;
  readonly nodes: readonly string[];
}

/**
 * When the waves of a rolling run begin. The stream does not say so; it follows from the order of the targets: a wave
 * begins when the one before has ended whole and the failure policy still allows it, at the latest with the first event
 * of one of its nodes.
 */
export class Waves {
  readonly #mode: DispatchMode | undefined;
  readonly #mostFailures: number;
  #begun = 0;
  /** Targets whose wave has ended, by their place in the order. */
  #ended = 0;
  #places: ReadonlyMap<string, number> | undefined;

  constructor(mode: DispatchMode | undefined, policy: FailurePolicy | undefined) {
    this.#mode = mode;
    this.#mostFailures = mostFailures(policy);
  }

  /** Waves that begin now, for what has ended and what the policy allows. */
  begun(tally: RunTally): Wave[] {
    const waves: Wave[] = [];
    while (this.#isLeft(tally) && this.#mayBegin(tally)) waves.push(this.#begin(tally));
    return waves;
  }

  /** Waves that must have begun, because one of their nodes says something. */
  begunFor(nodeId: string, tally: RunTally): Wave[] {
    this.#places ??= new Map(tally.targets.map((id, place) => [id, place]));
    const place = this.#places.get(nodeId) ?? -1;
    const waves: Wave[] = [];
    while (this.#isLeft(tally) && this.#begun * waveSize(this.#mode, tally.targets.length) <= place)
      waves.push(this.#begin(tally));
    return waves;
  }

  #isLeft({ targets }: RunTally): boolean {
    const size = waveSize(this.#mode, targets.length);
    return size > 0 && this.#begun * size < targets.length;
  }

  #mayBegin(tally: RunTally): boolean {
    if (tally.failures >= this.#mostFailures) return false;
    const before = this.#begun * waveSize(this.#mode, tally.targets.length);
    while (this.#ended < before && tally.results.has(tally.targets[this.#ended] ?? '')) this.#ended += 1;
    return tally.summary === undefined && this.#ended === before;
  }

  #begin({ targets }: RunTally): Wave {
    const size = waveSize(this.#mode, targets.length);
    const start = this.#begun * size;
    this.#begun += 1;
    return {
      number: this.#begun,
      count: Math.ceil(targets.length / size),
      nodes: targets.slice(start, start + size),
    };
  }
}

/** Zero where there are no waves. A share is rounded up, as the controller does it. */
function waveSize(mode: DispatchMode | undefined, targets: number): number {
  if (typeof mode !== 'object' || !('Rolling' in mode)) return 0;
  return 'batch' in mode.Rolling ? mode.Rolling.batch : Math.max(1, Math.ceil((targets * mode.Rolling.percent) / 100));
}

/** Failures at which a run halts. A policy left to the server may be the strictest. */
function mostFailures(policy: FailurePolicy | undefined): number {
  if (policy === 'ContinueOnError') return Number.POSITIVE_INFINITY;
  return typeof policy === 'object' ? policy.StopAfter : 1;
}
