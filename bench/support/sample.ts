export interface Sample {
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface SampleOptions {
  /** Not counted. Default 10. */
  readonly warmUp?: number;
  /** Default 200. */
  readonly runs?: number;
}

/** How long `work` takes, one after the other. */
export async function sample(
  work: () => Promise<unknown>,
  { warmUp = 10, runs = 200 }: SampleOptions = {},
): Promise<Sample> {
  for (let i = 0; i < warmUp; i += 1) await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((left, right) => left - right);
  return { runs, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

/** Takes sorted values: the smallest that at least the share `rank` of them does not exceed. */
export function percentile(sorted: readonly number[], rank: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * rank) - 1)] ?? Number.NaN;
}
