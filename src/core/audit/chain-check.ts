import { isSameHash } from './audit-keys.ts';
import { type ChainedEntry, type ChainHead, EMPTY_CHAIN, follows, type KnownHead } from './chain.ts';

/**
 * What was found. `changed`: a row is not what was written, or another row is in its place. `removed`: a row is not there.
 * `unkeyed`: a row that has no key's hash stands where only keyed ones may. `replaced`: at the position of a known head
 * there is another hash. `cut`: the log ends before a known head.
 */
export type BreakReason = 'changed' | 'removed' | 'unkeyed' | 'replaced' | 'cut';

export interface ChainBreak {
  readonly at: number;
  readonly reason: BreakReason;
}

export interface ChainVerdict {
  /** Rows whose hashes hold, from the beginning or from the known head on. */
  readonly rows: number;
  /** How many of these are rows of the time before keys: nothing shows whether they were changed before they were sealed. */
  readonly unkeyedRows: number;
  /** The last row that holds. */
  readonly head: ChainHead;
  /** The first thing that is wrong; undefined when the chain holds. */
  readonly broken: ChainBreak | undefined;
}

/**
 * Follows one chain row by row, wherever the rows come from. It starts at a head that is given, or before the first row,
 * and knows heads that must be met on the way. It stops at the first break.
 */
export class ChainCheck {
  readonly #key: Buffer;
  readonly #known: readonly KnownHead[];
  #head: ChainHead;
  #rows = 0;
  #unkeyedRows = 0;
  #broken: ChainBreak | undefined;

  constructor(
    key: Buffer,
    { from = EMPTY_CHAIN, known = [] }: { from?: ChainHead; known?: readonly KnownHead[] } = {},
  ) {
    this.#key = key;
    this.#head = from;
    this.#known = known;
    this.#meet(from);
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** False once something is wrong: then no further row is looked at. */
  take(entry: ChainedEntry): boolean {
    this.#broken ??= this.#judge(entry);
    if (this.#broken !== undefined) return false;
    this.#rows += 1;
    if (entry.chainKind === 'unkeyed') this.#unkeyedRows += 1;
    this.#head = entry;
    this.#meet(entry);
    return this.#broken === undefined;
  }

  /** There are no more rows. */
  end(): ChainVerdict {
    const { chainPosition, chainKind } = this.#head;
    const isCut = this.#known.some((known) => known.chainPosition > chainPosition);
    if (isCut) this.#broken ??= { at: chainPosition + 1, reason: 'cut' };
    if (chainKind === 'unkeyed' && this.#rows > 0) this.#broken ??= { at: chainPosition, reason: 'unkeyed' };
    return { rows: this.#rows, unkeyedRows: this.#unkeyedRows, head: this.#head, broken: this.#broken };
  }

  #judge(entry: ChainedEntry): ChainBreak | undefined {
    const at = this.#head.chainPosition + 1;
    if (entry.chainPosition !== at) return { at, reason: 'removed' };
    const isLate = entry.chainKind === 'unkeyed' && this.#head.chainKind === 'keyed' && at > 1;
    if (isLate) return { at, reason: 'unkeyed' };
    return follows(this.#key, this.#head, entry) ? undefined : { at, reason: 'changed' };
  }

  #meet({ chainPosition, hash }: ChainHead): void {
    const here = this.#known.filter((known) => known.chainPosition === chainPosition);
    if (!here.every((known) => isSameHash(known.hash, hash)))
      this.#broken ??= { at: chainPosition, reason: 'replaced' };
  }
}
