import { join } from 'node:path';
import type { HangGuard } from '../tools/hangs/hang-guard.ts';
import { presentIn, programsIn } from './programs-in.ts';

/**
 * Which programs are installed. Those on file systems that may hang are looked for by a worker, and told as it last found
 * them: what is found anew is told by `onChange`.
 */
export class InstalledPrograms {
  readonly #guard: HangGuard;
  readonly #onChange: () => void;
  #far: readonly string[] = [];
  #isLooking = false;

  constructor(guard: HangGuard, onChange: () => void) {
    this.#guard = guard;
    this.#onChange = onChange;
  }

  look(directories: readonly string[], names: readonly string[]): string[] {
    const { ownFileSystems } = this.#guard;
    const isNear = (directory: string) =>
      ownFileSystems.hold(directory) &&
      ownFileSystems.hold(...presentIn(directory, names).map((name) => join(directory, name)));
    const near = new Set(directories.filter(isNear));
    const far = directories.filter((directory) => !near.has(directory));
    if (far.length === 0) this.#far = [];
    else void this.#lookFar(far, names);
    const found = new Set([...programsIn([...near], names), ...this.#far]);
    return names.filter((name) => found.has(name));
  }

  async #lookFar(directories: readonly string[], names: readonly string[]): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const task = { kind: 'programs', directories, names } as const;
    const asked = await this.#guard.workers.ask({ task }, { path: directories.join(':') });
    this.#isLooking = false;
    if (asked.kind !== 'answered' || asked.answer.join() === this.#far.join()) return;
    this.#far = asked.answer;
    this.#onChange();
  }
}
