import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';

export function addRm(clusters: Command, terminal: Terminal): void {
  const command = clusters
    .command('rm')
    .alias('remove')
    .description('Remove an empty cluster, with its enrolment keys.')
    .argument('<name>', 'name of the cluster')
    .action(
      act(terminal, async (invocation, name: string) => {
        await (await invocation.edgeAdmin()).deleteCluster(name);
        await invocation.print(sentenceView({ name, removed: true }, `removed ${name}`));
      }),
    );
  addExamples(command, [['garrison clusters rm staging', 'once its machines are gone or moved']]);
}
