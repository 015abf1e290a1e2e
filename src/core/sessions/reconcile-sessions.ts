/**
 * What this controller holds and what the database says it holds, made one again.
 *
 * | in memory | in the database | who was wrong | what is done |
 * |---|---|---|---|
 * | epoch n | open here, epoch n | nobody | nothing |
 * | epoch n | closed, epoch n | whoever took this controller for dead | opened again, its orders are delivered |
 * | epoch n | another epoch | memory: a newer session is elsewhere | cut as superseded |
 * | epoch n | revoked | memory: the message was lost | cut as revoked |
 * | epoch n | no such node | nobody can say (a restored backup?) | ended; the node comes back and is told |
 * | nothing | open here | the database: the closing was lost | closed, once two passes have seen it |
 *
 * The last row waits for a second pass because an opening is committed before it is held. A pass costs one aggregate over
 * the index of open sessions while both agree; the rows themselves are read only when they do not.
 */
import type { ControllerId, NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { Session } from './session.ts';
import type { CutReason } from './session-cutter.ts';
import {
  type CurrentSession,
  readCurrentSessions,
  readOpenSessions,
  readSessionDigest,
  reopenSessions,
  type SessionRef,
} from './store.ts';

export interface SessionReconcilerParts {
  readonly db: Database;
  readonly controllerId: ControllerId;
  readonly held: () => ReadonlyMap<NodeId, Session>;
  readonly cut: (session: Session, reason: OutdatedBecause) => void;
  readonly closeRows: (rows: readonly SessionRef[]) => void;
}

/** `unknown` is no word about the node: it is not in this database. */
export type OutdatedBecause = Extract<CutReason, 'revoked' | 'superseded'> | 'unknown';

export class SessionReconciler {
  readonly #parts: SessionReconcilerParts;
  /** Rows the last pass found open here that nobody held, by node. */
  #unheld = new Map<NodeId, number>();

  constructor(parts: SessionReconcilerParts) {
    this.#parts = parts;
  }

  /** One pass. Returns the nodes whose sessions were opened again. */
  async reconcile(): Promise<readonly NodeId[]> {
    if (await this.#agrees()) {
      this.#unheld.clear();
      return [];
    }
    const open = await readOpenSessions(this.#parts.db, this.#parts.controllerId);
    this.#closeUnheld(open);
    return this.#mendHeld(open);
  }

  async #agrees(): Promise<boolean> {
    const { db, controllerId, held } = this.#parts;
    const { count, epochSum } = await readSessionDigest(db, controllerId);
    const sessions = [...held().values()];
    return count === sessions.length && epochSum === sessions.reduce((sum, { epoch }) => sum + epoch, 0);
  }

  #closeUnheld(open: readonly SessionRef[]): void {
    const held = this.#parts.held();
    const unheld = open.filter(({ nodeId, epoch }) => held.get(nodeId)?.epoch !== epoch);
    const lasting = unheld.filter(({ nodeId, epoch }) => this.#unheld.get(nodeId) === epoch);
    this.#unheld = new Map(unheld.map(({ nodeId, epoch }) => [nodeId, epoch]));
    if (lasting.length > 0) this.#parts.closeRows(lasting);
  }

  async #mendHeld(open: readonly SessionRef[]): Promise<readonly NodeId[]> {
    const { db, controllerId, held } = this.#parts;
    const epochs = new Map(open.map(({ nodeId, epoch }) => [nodeId, epoch]));
    const apart = [...held().values()].filter(({ nodeId, epoch }) => epochs.get(nodeId) !== epoch);
    if (apart.length === 0) return [];
    const reopened = await db.transaction((tx) => reopenSessions(tx, controllerId, apart));
    const left = reopened.filter(({ nodeId, epoch }) => held().get(nodeId)?.epoch !== epoch);
    if (left.length > 0) this.#parts.closeRows(left); // the node left while its session was opened again
    const isReopened = new Set(reopened.map(({ nodeId }) => nodeId));
    await this.#cutOutdated(apart.filter(({ nodeId }) => !isReopened.has(nodeId)));
    return reopened.map(({ nodeId }) => nodeId);
  }

  async #cutOutdated(sessions: readonly Session[]): Promise<void> {
    if (sessions.length === 0) return;
    const rows = await readCurrentSessions(
      this.#parts.db,
      sessions.map(({ nodeId }) => nodeId),
    );
    const current = new Map(rows.map((row) => [row.nodeId, row]));
    for (const session of sessions) {
      const reason = whyOutdated(session, current.get(session.nodeId));
      if (reason !== undefined && this.#parts.held().get(session.nodeId) === session) this.#parts.cut(session, reason);
    }
  }
}

function whyOutdated(session: Session, current: CurrentSession | undefined): OutdatedBecause | undefined {
  if (current === undefined) return 'unknown';
  if (current.isRevoked) return 'revoked';
  return current.epoch === session.epoch ? undefined : 'superseded';
}
