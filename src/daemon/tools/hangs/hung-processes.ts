import type { ChildProcess } from 'node:child_process';

/** Processes of ours that may hang at a time; beyond it nothing more is begun on other file systems. */
const MAX_HUNG = 32;

/** How long a path that did not answer is told as a problem, though its process could be ended. */
const TOLD_FOR_MS = 60_000;

/** What was given up because a file system did not answer. Each has been killed, and goes when the kernel lets it. */
export class HungProcesses {
  readonly #living = new Set<ChildProcess>();
  #last: { readonly path: string; readonly at: number } | undefined;

  get isFull(): boolean {
    return this.#living.size >= MAX_HUNG;
  }

  /** For people; undefined when all is well. */
  get problem(): string | undefined {
    if (this.#last === undefined) return undefined;
    if (this.#living.size === 0 && performance.now() - this.#last.at > TOLD_FOR_MS) return undefined;
    const hanging = this.#living.size === 0 ? '' : `; ${this.#living.size} processes hang there`;
    return `a file system does not answer (${this.#last.path})${hanging}`;
  }

  giveUp(child: ChildProcess, path: string): void {
    this.#last = { path, at: performance.now() };
    if (child.exitCode !== null || child.signalCode !== null) return;
    this.#living.add(child);
    child.once('exit', () => this.#living.delete(child));
    child.kill('SIGKILL');
  }
}
