import { DaemonMetrics, type Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Log } from '#runtime/log.ts';
import { messageOf } from './daemon-error.ts';
import type { DaemonPart } from './daemon-part.ts';
import type { HostFacts } from './facts/host-facts.ts';
import type { ControllerWord } from './session/hold-session.ts';

/** All parts of a daemon as if they were one. A part that fails is logged and keeps no other from its turn. */
export class PartList {
  readonly #parts: readonly DaemonPart[];
  readonly #log: Log;

  constructor(parts: readonly DaemonPart[], log: Log) {
    this.#parts = parts;
    this.#log = log;
  }

  async start(): Promise<void> {
    for (const part of this.#parts) await part.start?.();
  }

  async stop(): Promise<void> {
    for (const part of this.#parts.toReversed()) {
      try {
        await part.stop?.();
      } catch (error) {
        this.#tell(part, error);
      }
    }
  }

  onWelcome(welcome: Welcome): void {
    this.#each((part) => part.onWelcome?.(welcome));
  }

  onWord(word: ControllerWord): void {
    this.#each((part) => (part.words?.[word.$case] as ((value: unknown) => void) | undefined)?.(word.value)); // of its own case
  }

  look(): void {
    this.#each((part) => part.look?.());
  }

  factsWith(facts: HostFacts): HostFacts {
    const all = { ...facts };
    this.#each((part) => Object.assign(all, part.facts?.()));
    return all;
  }

  get problems(): string[] {
    return this.#parts.flatMap((part) => part.problems?.() ?? []);
  }

  get metrics(): DaemonMetrics {
    const all = DaemonMetrics.fromPartial({});
    this.#each((part) => Object.assign(all, part.metrics?.()));
    return all;
  }

  #each(tell: (part: DaemonPart) => void): void {
    for (const part of this.#parts) {
      try {
        tell(part);
      } catch (error) {
        this.#tell(part, error);
      }
    }
  }

  #tell({ name }: DaemonPart, error: unknown): void {
    this.#log.error({ part: name, error: messageOf(error) }, 'a part of the daemon failed');
  }
}
