/** At one moment, in seconds of the epoch; null where nothing was told. */
export interface Sample {
  readonly at: number;
  readonly values: readonly (number | null)[];
}

/** Six hours of reports, and only of nodes that somebody looked at. */
const MOST_SAMPLES = 360;
const MOST_NODES = 20;
const kept = new Map<string, readonly Sample[]>();

export function samplesOf(node: string): readonly Sample[] {
  return kept.get(node) ?? [];
}

/** A report that was there before is not another one. */
export function keepSample(node: string, sample: Sample): readonly Sample[] {
  const before = samplesOf(node);
  if ((before.at(-1)?.at ?? 0) >= sample.at) return before;
  const after = [...before, sample].slice(-MOST_SAMPLES);
  kept.delete(node);
  kept.set(node, after);
  const [oldest] = kept.keys();
  if (kept.size > MOST_NODES && oldest !== undefined) kept.delete(oldest);
  return after;
}
