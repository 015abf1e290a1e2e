import type { Sample } from '../../parts/chart.tsx';
import type { NodeHistory } from './queries.ts';

type Point = NodeHistory['items'][number];
type Figure = Exclude<keyof Point, 'at'>;

/** Nodes report at least every two minutes: beyond that a line is broken. */
const BROKEN_AFTER_SECONDS = 150;

/** What a chart draws of these figures; a time without reports is a gap in its lines. */
export function samplesOf({ items, step_seconds: step }: NodeHistory, figures: readonly Figure[]): readonly Sample[] {
  const most = Math.max(BROKEN_AFTER_SECONDS, 1.5 * step);
  const samples: Sample[] = [];
  for (const point of items) {
    const at = Date.parse(point.at) / 1_000;
    const before = samples.at(-1)?.at;
    if (before !== undefined && at - before > most)
      samples.push({ at: before + step, values: figures.map(() => null) });
    samples.push({ at, values: figures.map((figure) => point[figure]) });
  }
  return samples;
}
