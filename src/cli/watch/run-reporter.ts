import type { FleetEvent, Policy } from '#client/edge-fleet/wire.ts';
import type { NodeNames } from './node-names.ts';
import type { OutputByGroup } from './output-by-group.ts';
import type { RunTally } from './run-tally.ts';
import type { Transfers } from './transfers.ts';

/** Tells a run while it goes on: to a person, or to a program. */
export interface RunReporter {
  /** What nodes say and what tools answer has to be among the events. */
  readonly needsOutput: boolean;
  /** Called for every event after the tally has it. */
  tell(event: FleetEvent, tally: RunTally, names: NodeNames): void;
  /** The connection broke and is being made again. */
  lost(why: string): void;
  /** A word to the person in between. */
  say(text: string): void;
  /** @param signal ends the telling; aborted: whoever watched has left, and what there is by now is told */
  end(tally: RunTally, names: NodeNames, signal: AbortSignal): Promise<void>;
}

export interface ReportOptions {
  /** What was ordered; not known of a run that somebody else has started. */
  readonly policy?: Policy | undefined;
  /** Identical output once, at the end. */
  readonly fold?: boolean | undefined;
  /** Where it is folded: what is read once for each group. Without it every node is listened to. */
  readonly outputs?: OutputByGroup | undefined;
  /** What is told is over: how long the telling takes means nothing. */
  readonly isReplay?: boolean | undefined;
  /** A file is on its way to the nodes: what they say of that is progress, and no output. */
  readonly transfers?: Transfers | undefined;
  /** Output and failures only. */
  readonly quiet?: boolean | undefined;
}
