import type { Command } from 'commander';
import { addExamples, callOf } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { lookUpNames } from '../../watch/node-names.ts';
import { lookUpTargets } from '../../watch/target-names.ts';
import { runView } from './run-views.ts';

export function addShow(runs: Command, terminal: Terminal): void {
  const command = runs
    .command('show')
    .description('Show one run and how it went on each node.')
    .argument('<run>', 'id of the run')
    .action(
      act(terminal, async (invocation, id: string) => {
        const client = await invocation.edgeFleet();
        const run = await client.run(id);
        const targetText = await lookUpTargets(client, [run.target]);
        const nodes = await lookUpNames(
          client,
          run.per_node.map((node) => node.node_id),
        );
        await invocation.print(runView(run, { nodes, targetText }, invocation));
      }),
    );
  addExamples(command, [[`${callOf(command)} f-0199a3f4-…`, 'policy, counts, and a line for each node']]);
}
