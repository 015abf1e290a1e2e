/**
 * How a node leaves: revoked, its row stays and its name, tags and history with it; deleted, the row goes.
 *
 * Order of writes: one transaction ends the node, its certificates and what it had not finished, and writes the events.
 * After the commit the refusal of its certificates is announced, the runs it was part of are told, and its session is
 * cut. A crash in between leaves a node whose next heartbeat or handshake is refused by what the database says: the
 * reconcilers of `core/certificates` and `core/sessions` read it. Doing either again does the second half again.
 */
import type { RevocationReason } from '../certificates/pki.ts';
import {
  type AnnouncementDeps,
  announceRevocation,
  revokeCertificatesOfNodes,
} from '../certificates/revoke-certificates.ts';
import type { RevokedCertificate } from '../certificates/store.ts';
import { recordEvents } from '../events/record-events.ts';
import { endExecutionsOfNode } from '../executions/end-executions-of-node.ts';
import type { EndedExecution } from '../executions/store-reports.ts';
import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import type { RunEngine } from '../runs/engine.ts';
import type { SessionCutter } from '../sessions/session-cutter.ts';
import { getNode } from './get-node.ts';
import { lockNode, removeNode, writeRevocation } from './store.ts';

export interface EndNodeDeps extends AnnouncementDeps {
  readonly db: Database;
  readonly engine: Pick<RunEngine, 'runChanged'>;
  readonly sessions: SessionCutter;
}

interface Farewell {
  /** The code that executions get which had not finished. */
  readonly code: string;
  readonly message: string;
  /** The reason that is written to the revocation of its certificates. */
  readonly reason: RevocationReason;
}

const REVOKED: Farewell = { code: 'revoked', message: 'the node was revoked', reason: 'privilegeWithdrawn' };
const DELETED: Farewell = { code: 'node_deleted', message: 'the node was deleted', reason: 'cessationOfOperation' };

interface Leave {
  readonly revoked: readonly RevokedCertificate[];
  readonly ended: readonly EndedExecution[];
}

/** Revoking a revoked node changes nothing and is no error. @throws FleetError `not_found`. */
export async function revokeNode(ctx: Context, deps: EndNodeDeps, nodeId: NodeId): Promise<void> {
  const leave = await deps.db.transaction(async (tx) => {
    if (!(await lockNode(tx, ctx, nodeId))) throw notFound('node');
    if (await writeRevocation(tx, ctx, nodeId)) await tell(tx, ctx, 'node.revoked', nodeId);
    return endEverything(tx, ctx, nodeId, REVOKED);
  });
  await followUp(deps, nodeId, 'revoked', leave);
}

/** What it had not finished ends with the code `node_deleted`. @throws FleetError `not_found`. */
export async function deleteNode(ctx: Context, deps: EndNodeDeps, nodeId: NodeId): Promise<void> {
  const leave = await deps.db.transaction(async (tx) => {
    if (!(await lockNode(tx, ctx, nodeId))) throw notFound('node');
    await tell(tx, ctx, 'node.deleted', nodeId);
    const everything = await endEverything(tx, ctx, nodeId, DELETED);
    await removeNode(tx, ctx, nodeId);
    return everything;
  });
  await followUp(deps, nodeId, 'deleted', leave);
}

/** The node's row is locked before the feed, as everywhere. */
async function endEverything(
  tx: Queryable,
  ctx: Context,
  nodeId: NodeId,
  { code, message, reason }: Farewell,
): Promise<Leave> {
  const revoked = await revokeCertificatesOfNodes(tx, ctx, { nodeIds: [nodeId], reason });
  return { revoked, ended: await endExecutionsOfNode(tx, nodeId, code, message) };
}

async function followUp(deps: EndNodeDeps, nodeId: NodeId, reason: 'revoked' | 'deleted', leave: Leave): Promise<void> {
  for (const runId of new Set(leave.ended.map((execution) => execution.runId))) deps.engine.runChanged(runId);
  await Promise.all([announceRevocation(deps, leave.revoked), deps.sessions.cutSessions([nodeId], reason)]);
}

async function tell(tx: Queryable, ctx: Context, type: 'node.revoked' | 'node.deleted', nodeId: NodeId): Promise<void> {
  const { name, clusterName, tags } = await getNode(tx, ctx, nodeId);
  await recordEvents(tx, [
    { tenantId: ctx.tenantId, type, subject: nodeId, data: { nodeId, name, clusterName, tags } },
  ]);
}
