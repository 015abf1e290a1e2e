import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { printable } from '../output/printable.ts';

export interface NamedNode {
  readonly node_id: string;
  readonly name: string;
}

/** Names for ids. Two nodes of one name are told apart by the end of their ids; a node without a name has its id. */
export class NodeNames {
  readonly #names = new Map<string, string>();

  constructor(nodes: Iterable<NamedNode>) {
    const byName = Map.groupBy(new Map([...nodes].map((node) => [node.node_id, node])).values(), (node) => node.name);
    for (const [name, namesakes] of byName) {
      for (const { node_id: id } of namesakes) {
        this.#names.set(id, printable(namesakes.length === 1 ? name : `${name}#${id.slice(-4)}`));
      }
    }
  }

  of(id: string): string {
    return this.#names.get(id) ?? id;
  }
}

const ASK_ONE_BY_ONE = 20;

/** Names of these nodes; those that cannot be read stay without. */
export async function lookUpNames(client: EdgeFleetClient, ids: readonly string[]): Promise<NodeNames> {
  if (ids.length <= ASK_ONE_BY_ONE) {
    const found = await Promise.allSettled(ids.map((id) => client.host(id)));
    return new NodeNames(found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
  }
  const wanted = new Set(ids);
  const found: NamedNode[] = [];
  try {
    for await (const host of client.hosts()) {
      if (wanted.delete(host.node_id)) found.push(host);
      if (wanted.size === 0) break;
    }
  } catch {
    // names are a courtesy: without the right to read hosts the ids have to do
  }
  return new NodeNames(found);
}
