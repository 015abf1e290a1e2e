/**
 * Which orders the nodes of this controller get. Who asks for a node, whether after a commit, a result or a pulse, puts it on a list; the
 * list is answered by one statement after the other, each for all that were on it. A node is handed `DELIVERY_WINDOW` orders at a
 * time, and more once half of them have ended.
 */
import { Batcher, type BatcherOptions } from '#runtime/batcher.ts';
import { type DeliverableExecution, type OpenExecution, takeDeliverable } from '../executions/store-deliveries.ts';
import type { ControllerId, NodeId } from '../kernel/ids.ts';
import { OrderHandout, type OrderHandoutParts } from './order-handout.ts';
import type { Session } from './session.ts';

const DELIVERY_WINDOW = 512;

export interface OrderDeliveryParts extends Omit<OrderHandoutParts, 'onSent'> {
  readonly controllerId: ControllerId;
  /** Undefined: the node has none here. */
  readonly sessionOf: (nodeId: NodeId) => Session | undefined;
  /** How sessions that open together ask together. */
  readonly together: Omit<BatcherOptions<NodeId, readonly OpenExecution[]>, 'flush'>;
}

export class OrderDelivery {
  readonly #parts: OrderDeliveryParts;
  readonly #openings: Batcher<NodeId, readonly OpenExecution[]>;
  readonly #handout: OrderHandout;
  readonly #asked = new Set<NodeId>();
  /** Nodes whose window was full at the last delivery. */
  readonly #withMore = new Set<NodeId>();
  #delivering: Promise<void> | undefined;
  #total = 0;

  constructor(parts: OrderDeliveryParts) {
    this.#parts = parts;
    this.#openings = new Batcher({ ...parts.together, flush: (nodeIds) => this.#takeAtOpening(nodeIds) });
    this.#handout = new OrderHandout({ ...parts, onSent: () => this.#count() });
  }

  /** Executions handed to nodes, each as often as it was. */
  get total(): number {
    return this.#total;
  }

  /** Everything that is due for a node whose session opens: what it has and is not told here is over. */
  dueAtOpening(nodeId: NodeId): Promise<readonly OpenExecution[]> {
    return this.#openings.add(nodeId);
  }

  /** Its link may have room for what it is owed. */
  offer(session: Session): void {
    this.#handout.offer([session]);
  }

  execute(executions: readonly DeliverableExecution[]): void {
    for (const execution of executions) {
      if (this.#parts.sessionOf(execution.nodeId)?.execute(execution)) this.#count();
    }
  }

  deliver(nodeIds: readonly NodeId[]): void {
    for (const nodeId of nodeIds) if (this.#parts.sessionOf(nodeId) !== undefined) this.#asked.add(nodeId);
    if (this.#asked.size === 0) return;
    this.#delivering ??= this.#deliverAll().finally(() => {
      this.#delivering = undefined;
    });
  }

  refill(nodeId: NodeId): void {
    const session = this.#parts.sessionOf(nodeId);
    if (session === undefined || session.inFlightCount > DELIVERY_WINDOW / 2) return;
    if (this.#withMore.delete(nodeId)) this.deliver([nodeId]);
  }

  /** Its session is over. */
  forget(nodeId: NodeId): void {
    this.#withMore.delete(nodeId);
  }

  #count(): void {
    this.#total += 1;
  }

  async #deliverAll(): Promise<void> {
    await undefined;
    while (this.#asked.size > 0) {
      const nodeIds = [...this.#asked];
      this.#asked.clear();
      try {
        for (const [nodeId, due] of await this.#take(nodeIds, false)) {
          const session = this.#parts.sessionOf(nodeId);
          for (const execution of due) session?.owe(execution);
          if (session !== undefined) this.offer(session);
        }
      } catch (error) {
        this.#parts.onFailure(error); // the sweep of the engine asks again
      }
    }
  }

  async #takeAtOpening(nodeIds: readonly NodeId[]): Promise<readonly (readonly OpenExecution[])[]> {
    const byNode = await this.#take(nodeIds, true);
    return nodeIds.map((nodeId) => byNode.get(nodeId) ?? []);
  }

  async #take(nodeIds: readonly NodeId[], isOpening: boolean): Promise<Map<NodeId, OpenExecution[]>> {
    const { db, controllerId } = this.#parts;
    const due = await takeDeliverable(db, { controllerId, nodeIds, isOpening, limitPerNode: DELIVERY_WINDOW });
    const byNode = Map.groupBy(due, ({ nodeId }) => nodeId);
    for (const [nodeId, ofNode] of byNode) if (ofNode.length >= DELIVERY_WINDOW) this.#withMore.add(nodeId);
    return byNode;
  }
}
