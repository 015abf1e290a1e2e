import { workApart } from '#runtime/work-apart.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { ControllerId, NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import { type OpenedNodeSession, type OpeningSession, openSessions, readCurrentSessions } from './store.ts';

export interface OpenTogetherDeps {
  readonly db: Database;
  readonly controllerId: ControllerId;
}

/** What became of one greeting: a session, or why there is none. */
export type Opening = OpenedNodeSession | { readonly problem: unknown };

/**
 * Opens the sessions of many greetings in one transaction; the answers are in their order. Of two greetings of one node
 * only the last opens a session: one row cannot be updated twice.
 *
 * A greeting that the database can never take must not keep the others out: such a batch is taken apart (`workApart`).
 */
export async function openTogether(deps: OpenTogetherDeps, greetings: readonly OpeningSession[]): Promise<Opening[]> {
  const latest = new Map(greetings.map((greeting) => [greeting.nodeId, greeting]));
  const openings = await openApart(deps, [...latest.values()]);
  const missing = [...latest.keys()].filter((nodeId) => !openings.has(nodeId));
  const revoked = missing.length === 0 ? new Set() : await readRevoked(deps, missing);
  return greetings.map((greeting) => {
    const { nodeId } = greeting;
    if (latest.get(nodeId) !== greeting) return refusal('conflict', 'a newer session of this node is opening');
    const opened = openings.get(nodeId);
    if (opened !== undefined) return opened;
    return revoked.has(nodeId)
      ? refusal('forbidden', 'this node has been revoked')
      : refusal('unavailable', 'this node is not in the database; it is told more when it comes back');
  });
}

async function readRevoked({ db }: OpenTogetherDeps, nodeIds: readonly NodeId[]): Promise<ReadonlySet<NodeId>> {
  const current = await readCurrentSessions(db, nodeIds);
  return new Set(current.flatMap(({ nodeId, isRevoked }) => (isRevoked ? [nodeId] : [])));
}

async function openApart(
  deps: OpenTogetherDeps,
  greetings: readonly OpeningSession[],
): Promise<ReadonlyMap<NodeId, Opening>> {
  const outcomes = await workApart(greetings, (part) => openPart(deps, part), isFaultOfValues);
  return new Map(
    outcomes.flatMap((outcome, place): [NodeId, Opening][] => {
      const { nodeId } = greetings[place] as OpeningSession; // one outcome for each
      if (outcome.status === 'rejected') return [[nodeId, { problem: outcome.reason }]];
      return outcome.value === undefined ? [] : [[nodeId, outcome.value]];
    }),
  );
}

async function openPart(
  { db, controllerId }: OpenTogetherDeps,
  greetings: readonly OpeningSession[],
): Promise<(OpenedNodeSession | undefined)[]> {
  const opened = await db.transaction((tx) => openSessions(tx, controllerId, greetings));
  const byNode = new Map(opened.map((one) => [one.nodeId, one]));
  return greetings.map(({ nodeId }) => byNode.get(nodeId));
}

function refusal(code: 'conflict' | 'forbidden' | 'unavailable', message: string): Opening {
  return { problem: new FleetError(code, message) };
}
