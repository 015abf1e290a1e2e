import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly range?: string;
  readonly limit?: number;
}

export function addCreate(clusters: Command, terminal: Terminal): void {
  const command = clusters
    .command('create')
    .description('Create a cluster.')
    .argument('<name>', 'lower-case letters, digits and dashes, at most 24')
    .option('--range <cidr>', 'addresses of its nodes (default: the first free /24)')
    .option('--limit <n>', 'at most so many nodes', wholeNumber(1))
    .action(
      act(terminal, async (invocation, name: string) => {
        const { range, limit } = invocation.opts<Options>();
        const client = await invocation.edgeAdmin();
        const cluster = await client.createCluster({
          name,
          ...(range !== undefined && { ipv4_range: range }),
          ...(limit !== undefined && { node_limit: limit }),
        });
        await invocation.print(sentenceView(cluster, `created ${cluster.name} (${cluster.ipv4_range})`));
      }),
    );
  addExamples(command, [
    ['garrison clusters create staging', 'with addresses of its own, no limit'],
    ['garrison clusters create edge-eu --range 100.80.0.0/22 --limit 200', 'with both chosen'],
  ]);
}
