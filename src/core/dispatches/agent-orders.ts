import type { Secret } from '../kernel/secret.ts';
import type { Dispatch } from './dispatch.ts';
import type { Worker } from './workers.ts';

/** What goes to a node with a dispatch. */
export interface AgentOrder {
  readonly dispatch: Dispatch;
  readonly worker: Worker;
  readonly secrets: Readonly<Record<string, Secret>>;
  /** The key for the provider of the agent's model; undefined when the node has its own, or needs none. */
  readonly modelKey: Secret | undefined;
  /** `user:password` for the git host; undefined: its repositories are read without. */
  readonly gitCredentials: Secret | undefined;
}

/** Writes orders in the words of the node protocol; secrets go sealed to the node's key. */
export interface AgentOrders {
  /** Where repositories are: a host, with its port where it has one. */
  readonly gitHost: string;
  /** The arguments of `agent.run`. @throws FleetError when secrets cannot be sealed to the node */
  argumentsFor(order: AgentOrder): Readonly<Record<string, unknown>>;
}
