import { recordEvents } from '../events/record-events.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { completeRequest, findOpenRequests, findRequestOf, type OpenRequest, takeTriggered } from './store.ts';

const REQUESTS = 100;
const NODES = 1_000;

/**
 * Looks whether nodes have accepted what self-update requests ask of them, tells of each, and completes the requests.
 * Nobody notices acceptance by writing: a pass does. What is told is marked in the same transaction, so controllers that
 * do it at the same time tell it once.
 */
export class UpdateTeller {
  readonly #db: Database;
  #completedTotal = 0;

  constructor({ db }: { readonly db: Database }) {
    this.#db = db;
  }

  /** Requests that were completed here, since this controller started. */
  get completedTotal(): number {
    return this.#completedTotal;
  }

  async tell(): Promise<void> {
    for (const request of await findOpenRequests(this.#db, REQUESTS)) await this.#tellOne(request);
  }

  async #tellOne(request: OpenRequest): Promise<void> {
    for (let told = NODES; told === NODES; ) told = await this.#db.transaction((tx) => tellTriggered(tx, request));
    if (await this.#db.transaction((tx) => complete(tx, request))) this.#completedTotal += 1;
  }
}

async function tellTriggered(tx: Queryable, { id, tenantId }: OpenRequest): Promise<number> {
  const nodes = await takeTriggered(tx, id, NODES);
  await recordEvents(
    tx,
    nodes.map(({ executionId, ...node }) => ({
      tenantId,
      type: 'node.update_triggered',
      subject: node.nodeId,
      data: { ...node, selfUpdateRequestId: id },
    })),
  );
  return nodes.length;
}

async function complete(tx: Queryable, { id, tenantId }: OpenRequest): Promise<boolean> {
  if (!(await completeRequest(tx, id))) return false;
  const request = await findRequestOf(tx, tenantId, id);
  if (request === undefined) return false;
  const { targeting, summary, createdAt, updatedAt } = request;
  await recordEvents(tx, [
    {
      tenantId,
      type: 'self_update_request.completed',
      subject: id,
      data: { selfUpdateRequestId: id, targeting, summary, createdAt, updatedAt },
    },
  ]);
  return true;
}
