import { ApiError } from '#client/api-error.ts';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { followRun } from '#client/edge-fleet/follow-run.ts';
import type { FleetEvent, OutputGroups } from '#client/edge-fleet/wire.ts';

type Group = OutputGroups['groups'][number];

/** What is heard of one node, and who else has said exactly the same. */
export interface HeardNode {
  readonly nodeId: string;
  /** With the node itself. */
  readonly alike: readonly string[];
}

const NODES_OF_A_REQUEST = 100;
const LOOK_AGAIN_MS = 1_000;

/**
 * What the nodes of a run said, by the groups that the controller keeps: the output of one node of each group is read,
 * whatever their number. Where a group was compared by the beginning and the end of its output alone, all its nodes are.
 */
export class OutputByGroup {
  readonly #client: EdgeFleetClient;
  #lookedAt = 0;
  #count: number | undefined;

  private constructor(client: EdgeFleetClient) {
    this.#client = client;
  }

  /** Undefined where the caller may give orders and not read them: its own stream is all it has then. */
  static async open(client: EdgeFleetClient): Promise<OutputByGroup | undefined> {
    try {
      await client.runs({}, 1).next();
      return new OutputByGroup(client);
    } catch (error) {
      if (error instanceof ApiError && error.status === 403) return undefined;
      throw error;
    }
  }

  /** How many different outputs there are, as far as it is known; asked again after a while. */
  countSoFar(runId: string, now: Date): number | undefined {
    if (now.getTime() - this.#lookedAt >= LOOK_AGAIN_MS) {
      this.#lookedAt = now.getTime();
      this.#client.outputGroups(runId).then(
        ({ groups, more }) => {
          this.#count = groups.length + more;
        },
        () => {}, // it only adorns the progress; the end reads the groups again
      );
    }
    return this.#count;
  }

  async *read(
    runId: string,
    signal: AbortSignal,
  ): AsyncGenerator<HeardNode & { readonly event: FleetEvent }, void, void> {
    for await (const heard of batches(this.#heardNodes(runId, signal))) {
      const byId = new Map(heard.map((one) => [one.nodeId, one]));
      const left = new Set(byId.keys());
      const reading = new AbortController();
      const follow = { signal: AbortSignal.any([signal, reading.signal]), nodes: [...left] };
      for await (const event of followRun(this.#client, runId, follow)) {
        if (!('node_id' in event.data)) continue;
        const one = byId.get(event.data.node_id);
        if (one !== undefined) yield { ...one, event };
        if (event.event === 'command_result') left.delete(event.data.node_id);
        if (left.size === 0) break;
      }
      reading.abort();
    }
  }

  async *#heardNodes(runId: string, signal: AbortSignal): AsyncGenerator<HeardNode, void, void> {
    let cursor: string | undefined;
    do {
      const page = await this.#client.outputGroups(runId, cursor);
      for (const group of page.groups) {
        const nodeIds = await this.#nodesOf(runId, group);
        if (group.whole) yield { nodeId: nodeIds[0] ?? '', alike: nodeIds };
        else yield* nodeIds.map((nodeId) => ({ nodeId, alike: [nodeId] }));
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined && !signal.aborted);
  }

  async #nodesOf(runId: string, { digest, count, sampleHosts }: Group): Promise<string[]> {
    if (count <= sampleHosts.length) return sampleHosts.map(({ id }) => id);
    const hosts = await Array.fromAsync(this.#client.hostsOfOutputGroup(runId, digest));
    return hosts.map(({ nodeId }) => nodeId);
  }
}

async function* batches(all: AsyncIterable<HeardNode>): AsyncGenerator<HeardNode[], void, void> {
  let batch: HeardNode[] = [];
  for await (const one of all) {
    batch.push(one);
    if (batch.length < NODES_OF_A_REQUEST) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
