/**
 * What each address owes for connections that came to nothing.
 *
 * A handshake costs milliseconds of processor, before anything is known of the peer. A peer that comes back as soon as it is
 * ended therefore costs as much as the rate of all connections lets it. So each address has a credit, which fills up
 * again by itself. A connection that is let in takes one; it is given back when the connection has shown that it belongs here
 * (it joined, or opened a session). One that ends without that takes more, and one that is ended for what it did takes most.
 *
 * `in credit`: connections of the address are let in at once. → `in debt` when the credit is used up: they wait, and one is
 * let in whenever there is credit again. A debt is bounded (`DEEPEST`), so the next turn is never more than a quarter of a second
 * away, whatever the address did before: a host that joins behind the same NAT waits for the connections in front of it, four
 * a second, and good ones among them cost nothing. → `in credit` with time, or when what was let in has shown its worth.
 *
 * Sessions that are open are not touched. The table is bounded: beyond `MOST_ADDRESSES` the address that was longest quiet
 * is forgotten.
 */

/** Connections under way that have not shown anything yet, where none comes to nothing. */
const CREDIT = 1_024;
const CREDIT_PER_SECOND = 64;
/** What one that comes to nothing owes beside its turn, where nobody good has reason to make one. */
const COMES_TO_NOTHING = 63;
const MISBEHAVES = 511;
const DEEPEST = -15;
const MOST_ADDRESSES = 10_000;

interface Account {
  credit: number;
  at: number;
}

export class AddressDebts {
  readonly #accounts = new Map<string, Account>();
  readonly #now: () => number;

  readonly #comesToNothing: number;

  /**
   * @param comesToNothing what a connection owes that ends before it showed anything. Default 63.
   * @param now milliseconds of a clock that never goes back.
   */
  constructor({ comesToNothing = COMES_TO_NOTHING, now = () => performance.now() } = {}) {
    this.#comesToNothing = comesToNothing;
    this.#now = now;
  }

  get size(): number {
    return this.#accounts.size;
  }

  isInDebt(network: string): boolean {
    const account = this.#accounts.get(network);
    return account !== undefined && this.#fill(account) < 1;
  }

  letIn(network: string): void {
    this.#add(network, -1);
  }

  /** A connection that was let in has done what it came for. */
  showedItsWorth(network: string): void {
    this.#add(network, 1);
  }

  /** One that was let in has ended before it showed anything. */
  cameToNothing(network: string): void {
    this.#add(network, -this.#comesToNothing);
  }

  /** One that was let in has been ended for what it did. */
  misbehaved(network: string): void {
    this.#add(network, -MISBEHAVES);
  }

  #add(network: string, amount: number): void {
    const account = this.#accounts.get(network) ?? { credit: CREDIT, at: this.#now() };
    account.credit = Math.max(DEEPEST, Math.min(CREDIT, this.#fill(account) + amount));
    this.#accounts.delete(network); // it was the last to do something now
    if (account.credit < CREDIT) this.#accounts.set(network, account);
    const [quietest] = this.#accounts.size > MOST_ADDRESSES ? this.#accounts.keys() : [];
    if (quietest !== undefined) this.#accounts.delete(quietest);
  }

  #fill(account: Account): number {
    const now = this.#now();
    account.credit = Math.min(CREDIT, account.credit + ((now - account.at) / 1000) * CREDIT_PER_SECOND);
    account.at = now;
    return account.credit;
  }
}
