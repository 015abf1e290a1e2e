/**
 * Hands out what sessions owe their nodes.
 *
 * Arguments may be large and orders many, so a session keeps only which orders it owes, and they are read when there is
 * room for them: round by round, some of each session in turn, no more than `MOST_BYTES_OF_ROUND` at once for all of them. The
 * arguments of a run are read once a round, however many nodes it is for.
 *
 * A session whose link has no room leaves until it is offered again (`SessionRegistry.roomFor`). Arguments that do not open
 * go nowhere: their order stays owed, rather than being run with something else, and keeps nobody else waiting. An
 * execution that ended meanwhile is forgotten.
 */
import {
  type DeliverableExecution,
  type OwedExecution,
  type RunArguments,
  readOwed,
  readRunArguments,
} from '../executions/store-deliveries.ts';
import type { ExecutionId, RunId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Queryable } from '../kernel/sql.ts';
import { openArguments } from '../runs/secret-arguments.ts';
import type { Session } from './session.ts';

export const MOST_BYTES_OF_ROUND = 8 << 20;
/** Orders of a round; few while they are large, because even to measure them costs the database something. */
const MOST_ORDERS = 2_048;
const FEWEST_ORDERS = 8;
const ORDERS_OF_SESSION = 64;

export interface OrderHandoutParts {
  readonly db: Queryable;
  readonly sealer: Pick<Sealer, 'open'>;
  readonly onFailure: (error: unknown) => void;
  readonly onSent: () => void;
}

export class OrderHandout {
  readonly #parts: OrderHandoutParts;
  readonly #offered = new Set<Session>();
  /** Orders that cannot be made now; asked for again when their session is offered again. */
  readonly #unmade = new Set<ExecutionId>();
  #mostOrders = 512;
  #isHanding = false;

  constructor(parts: OrderHandoutParts) {
    this.#parts = parts;
  }

  /** These may owe something and have room for it. */
  offer(sessions: Iterable<Session>): void {
    for (const session of sessions) if (session.owesOrders) this.#offered.add(session);
    if (this.#offered.size > 0 && !this.#isHanding) void this.#handAll();
  }

  async #handAll(): Promise<void> {
    this.#isHanding = true;
    await undefined;
    try {
      while (this.#offered.size > 0) await this.#handSome();
    } catch (error) {
      this.#offered.clear(); // the sweep of the engine offers them again
      this.#parts.onFailure(error);
    }
    this.#unmade.clear();
    this.#isHanding = false;
  }

  async #handSome(): Promise<void> {
    const sessionOf = this.#next();
    if (sessionOf.size === 0) return;
    const owed = await readOwed(this.#parts.db, [...sessionOf.keys()]);
    const isOpen = new Set(owed.map(({ id }) => id));
    for (const [id, session] of sessionOf) if (!isOpen.has(id)) session.forgetOwed(id);
    const argsOf = await this.#readArguments(owed);
    for (const execution of owed) {
      const argsJson = argsOf.get(execution.runId);
      const session = sessionOf.get(execution.id);
      if (argsJson === undefined || session === undefined) continue; // the next round has it
      if (argsJson === 'closed') this.#unmade.add(execution.id);
      else this.#hand({ ...execution, argsJson: argsJson.opened }, session);
    }
  }

  /** Some of each session; the last to have had a turn are the first to have none. */
  #next(): Map<ExecutionId, Session> {
    const next = new Map<ExecutionId, Session>();
    for (const session of [...this.#offered]) {
      if (next.size >= this.#mostOrders) break;
      const ids = session.owed(Math.min(ORDERS_OF_SESSION, this.#mostOrders - next.size), this.#unmade);
      this.#offered.delete(session);
      if (ids.length > 0) this.#offered.add(session);
      for (const id of ids) next.set(id, session);
    }
    return next;
  }

  async #readArguments(owed: readonly OwedExecution[]): Promise<Map<RunId, OpenedArguments>> {
    const runIds = [...new Set(owed.map(({ runId }) => runId))];
    if (runIds.length === 0) return new Map();
    const read = await readRunArguments(this.#parts.db, runIds, MOST_BYTES_OF_ROUND);
    const isCut = read.length < runIds.length;
    this.#mostOrders = isCut ? Math.max(FEWEST_ORDERS, 2 * read.length) : Math.min(MOST_ORDERS, 2 * this.#mostOrders);
    return new Map(read.map((one) => [one.runId, this.#open(one)]));
  }

  #open(one: RunArguments): OpenedArguments {
    try {
      return { opened: openArguments(this.#parts.sealer, one.runId, one) };
    } catch (error) {
      this.#parts.onFailure(error);
      return 'closed';
    }
  }

  #hand(execution: DeliverableExecution, session: Session): void {
    if (session.execute(execution)) this.#parts.onSent();
    else if (session.owes(execution.id)) this.#offered.delete(session);
  }
}

type OpenedArguments = { readonly opened: string } | 'closed';
