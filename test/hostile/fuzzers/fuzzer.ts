import type { Random } from '../wire/random.ts';

/** What is given to every fuzzer: where, for how long, and with which numbers. */
export interface FuzzGiven {
  readonly api: number;
  readonly tls: number;
  readonly nodes: number;
  readonly dns: number;
  readonly seed: number;
  readonly forMs: number;
  /** For a session of a node, and for calls of the API that get past the door. */
  readonly secret: string;
  readonly keys: Readonly<Record<string, string>>;
}

export interface FuzzReport {
  readonly sent: number;
  /** By status, or how else it was answered. */
  readonly answers: Record<string, number>;
  /** Inputs that were answered as a fault of the server, base64; the first few. */
  readonly faults: string[];
}

export const MOST_FAULTS = 5;

/** One of a thousand: whose connections come to nothing is let in seldom, and a fuzz is many. */
export function someAddress(random: Random): string {
  return `127.66.${random.below(4)}.${1 + random.below(250)}`;
}

/** Sends one input, and says how it was answered. */
export type Shot = (
  random: Random,
) => Promise<{ readonly answer: string; readonly input: Buffer; readonly isFault: boolean }>;

/** Shoots until the time is over, a few at once. */
export async function fuzz(shot: Shot, random: Random, forMs: number, atOnce: number): Promise<FuzzReport> {
  const report = { sent: 0, answers: {} as Record<string, number>, faults: [] as string[] };
  const until = performance.now() + forMs;
  const shoot = async () => {
    while (performance.now() < until) {
      const { answer, input, isFault } = await shot(random);
      report.sent += 1;
      report.answers[answer] = (report.answers[answer] ?? 0) + 1;
      if (isFault && report.faults.length < MOST_FAULTS) report.faults.push(input.toString('base64'));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, shoot));
  return report;
}
