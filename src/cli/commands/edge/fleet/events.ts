import type { Command } from 'commander';
import { followRun } from '#client/edge-fleet/follow-run.ts';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import type { Terminal } from '../../../terminal.ts';
import { EventLineReporter } from '../../../watch/data-reporter.ts';
import { NodeNames } from '../../../watch/node-names.ts';
import { watchRun } from '../../../watch/watch-run.ts';

export function addEvents(fleet: Command, terminal: Terminal): void {
  const command = fleet
    .command('events')
    .description('Print the events of a run as lines of JSON, and the ones to come until it has ended.')
    .argument('<run>', 'id of the run')
    .option('--last-event-id <id>', 'only those after this one')
    .action(
      act(terminal, async (invocation, id: string) => {
        const { lastEventId } = invocation.opts<{ lastEventId?: string }>();
        const client = await invocation.edgeFleet();
        await watchRun({
          client,
          terminal,
          reporter: new EventLineReporter(terminal),
          events: (follow) => followRun(client, id, { ...follow, ...(lastEventId !== undefined && { lastEventId }) }),
          names: Promise.resolve(new NodeNames([])),
          onInterrupt: 'leave',
        });
      }),
    );
  addExamples(command, [
    ['garrison edge fleet events f-0199a3f4-…', 'from its beginning'],
    [
      'garrison edge fleet events f-0199a3f4-… | jq -r \'select(.event == "command_result").data.node_id\'',
      'who has ended',
    ],
  ]);
}
