import { type Command, Option } from 'commander';
import { addExamples } from '../../help.ts';
import { act, type Invocation } from '../../invocation.ts';
import { factsView, type View } from '../../output/print-view.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';
import { agentFacts, hostFacts } from './metrics-facts.ts';

type Part = 'host' | 'agent';

export function addMetrics(nodes: Command, terminal: Terminal): void {
  const command = nodes
    .command('metrics')
    .description('Show how a machine is: processors, memory, disks, network, and its daemon.')
    .argument('<node>', 'name or id')
    .addOption(new Option('--only <part>', 'the machine without its daemon, or the daemon').choices(['host', 'agent']))
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { only } = invocation.opts<{ only?: Part }>();
        const id = await resolveNodeUuid(invocation, nameOrId);
        await invocation.print(only === undefined ? await both(invocation, id) : await half(invocation, id, only));
      }),
    );
  addExamples(command, [
    ['garrison nodes metrics web-1', 'as it was told last'],
    ['garrison nodes metrics web-1 --only host --output json', 'the machine alone, for a program'],
  ]);
}

async function both(invocation: Invocation, id: string): Promise<View> {
  const metrics = await (await invocation.edgeAdmin()).nodeMetrics(id);
  const { host, agent } = metrics;
  const isTold = host.available || agent.available;
  return factsView(metrics, [
    ['cluster', metrics.cluster_name],
    ['told', isTold ? invocation.ago(metrics.timestamp) : 'not in the last five minutes'],
    ...(host.available ? hostFacts(host) : []),
    ...(agent.available ? agentFacts(agent) : []),
  ]);
}

async function half(invocation: Invocation, id: string, part: Part): Promise<View> {
  const client = await invocation.edgeAdmin();
  if (part === 'host') {
    const metrics = await client.nodeHostMetrics(id);
    return factsView(metrics, [['told', invocation.ago(metrics.timestamp)], ...hostFacts(metrics)]);
  }
  const metrics = await client.nodeAgentMetrics(id);
  return factsView(metrics, [['told', invocation.ago(metrics.timestamp)], ...agentFacts(metrics)]);
}
