import type { DaemonMetrics, Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import type { HostFacts } from './facts/host-facts.ts';
import type { ControllerWord } from './session/hold-session.ts';

type WordValue<Case extends ControllerWord['$case']> = Extract<ControllerWord, { readonly $case: Case }>['value'];

/** What is done with the frames of a controller, by their kind. */
export type WordHandlers = {
  readonly [Case in ControllerWord['$case']]?: (value: WordValue<Case>) => void;
};

/** One concern of a daemon. The daemon is a list of them and one session. */
export interface DaemonPart {
  readonly name: string;
  /** In the order of the list, before the first session. */
  start?(): void | Promise<void>;
  /** In the reverse order, while the session is still there: last words can be said. Once. */
  stop?(): void | Promise<void>;
  /** A session is open. What was sent in the one before may have been lost. */
  onWelcome?(welcome: Welcome): void;
  /** What a kind of frame means is told to every part that has a handler for it. */
  readonly words?: WordHandlers;
  /** Somebody says that something has changed on the host (SIGHUP). */
  look?(): void;
  /** What it adds to the facts of the host; read with them every minute, and when the daemon is told to look. */
  facts?(): Partial<HostFacts>;
  /** What is not as it should be, for people; none while all is well. */
  problems?(): readonly string[];
  metrics?(): Partial<DaemonMetrics>;
}
