/**
 * Lets the requests of an agent to its model through as far as the budget goes. Where nobody is asked for more, the first one
 * beyond it closes the gate for good. Else it is held, and with it whatever the agent sends meanwhile, until somebody has
 * given more or has not; the agent's time limit goes on, its silence does not count.
 */
import type { AddedBudget, UsageMeter } from './usage-meter.ts';

export type MoreBudget =
  | ({ readonly kind: 'added' } & AddedBudget)
  | { readonly kind: 'refused'; readonly reason: string };

/** Asks until somebody has decided; undefined: the agent is being ended meanwhile. */
export type AskForMore = (spent: string, known: AddedBudget) => Promise<MoreBudget | undefined>;

/** `gone`: whoever wanted it does not wait any more. */
export type Pass = { readonly kind: 'open' | 'gone' } | { readonly kind: 'closed'; readonly why: string };

export class BudgetGate {
  readonly #meter: UsageMeter;
  readonly #ask: AskForMore | undefined;
  #asking: Promise<void> | undefined;
  #closedFor: string | undefined;
  #isOver = false;
  #openedAt = 0;

  /** @param ask undefined: nobody is asked */
  constructor(meter: UsageMeter, ask: AskForMore | undefined) {
    this.#meter = meter;
    this.#ask = ask;
  }

  /** Why a request was not let through; undefined: each was. */
  get closedFor(): string | undefined {
    return this.#closedFor;
  }

  /** Until when it has held something, by `performance.now()`. */
  get heldUntil(): number {
    return this.#asking === undefined ? this.#openedAt : performance.now();
  }

  /** Takes one request of the budget, unless nobody wants it any more when it could. */
  async pass(isWanted: () => boolean): Promise<Pass> {
    for (;;) {
      if (this.#isOver || !isWanted()) return { kind: 'gone' };
      const { spent } = this.#meter;
      if (spent === undefined) {
        this.#meter.requestIsMade();
        return { kind: 'open' };
      }
      if (this.#closedFor === undefined && this.#ask === undefined) this.#closedFor = spent;
      if (this.#closedFor !== undefined) return { kind: 'closed', why: this.#closedFor };
      this.#asking ??= this.#askFor(spent);
      await this.#asking;
    }
  }

  async #askFor(spent: string): Promise<void> {
    const answer = await this.#ask?.(spent, this.#meter.added);
    this.#openedAt = performance.now();
    this.#asking = undefined;
    if (answer === undefined) this.#isOver = true;
    else if (answer.kind === 'added') this.#meter.raiseTo(answer);
    else this.#closedFor = `${spent}; ${answer.reason}`;
  }
}
