import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { processLine } from '../nodes/metrics-facts.ts';

export function addMetrics(admins: Command, terminal: Terminal): void {
  const command = admins
    .command('metrics')
    .description('Show how the controller that answers is.')
    .action(
      act(terminal, async (invocation) => {
        const metrics = await (await invocation.edgeAdmin()).adminMetrics();
        const { commands, metadata, database } = metrics;
        const connections = Object.entries(database.connections).map(([state, count]) => `${count} ${state}`);
        await invocation.print(
          factsView(metrics, [
            ['process', processLine(metrics.application)],
            ['sessions', metrics.sessions.open],
            [
              'executions',
              `${commands.execution_delivered_total} delivered, ${commands.execution_completed_total} ended`,
            ],
            ['clusters', `${metadata.assigned_clusters} here, ${metadata.orphaned_clusters} without a controller`],
            ['state', metadata.degraded ? paintStatus(invocation.paint, 'degraded') : 'room for all'],
            ['event streams', metrics.event_streams.open],
            ['database', connections.join(', ')],
            ...metrics.queues.map(({ queue, waiting }) => [`waiting: ${queue}`, waiting] as const),
          ]),
        );
      }),
    );
  addExamples(command, [
    ['garrison admins metrics', 'memory, sessions, what waits'],
    ['garrison admins metrics --output json', 'every figure of the contract'],
  ]);
}
