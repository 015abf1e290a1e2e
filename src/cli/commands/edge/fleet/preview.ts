import type { Command } from 'commander';
import { ExitWith } from '../../../cli-error.ts';
import { ExitCode } from '../../../exit-codes.ts';
import { addExamples, TARGET_HELP } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { paintStatus } from '../../../output/paint.ts';
import { tableView } from '../../../output/print-view.ts';
import { repeated } from '../../../parse/read-pairs.ts';
import { resolveTarget } from '../../../resolve-target.ts';
import { parseTarget } from '../../../target-shorthand.ts';
import type { Terminal } from '../../../terminal.ts';
import { lookUpNames } from '../../../watch/node-names.ts';

export function addPreview(fleet: Command, terminal: Terminal): void {
  const command = fleet
    .command('preview')
    .description('Show whom a target means now: who would be run on (✓) and who would be skipped (⊗).')
    .argument('[fragment...]', 'the target, instead of --on')
    .option('--on <target>', 'all, @node, group:name, or fragments such as tags=web', repeated)
    .action(
      act(terminal, async (invocation, fragments: string[]) => {
        const { on = [] } = invocation.opts<{ on?: readonly string[] }>();
        const shorthand = parseTarget([...fragments, ...on].join(' '));
        const client = await invocation.edgeFleet();
        const preview = await client.preview(await resolveTarget(client, shorthand));
        const names = await lookUpNames(
          client,
          preview.skipped.map((one) => one.node_id),
        );
        const rows = [
          ...preview.resolved.map((one) => ({ mark: '✓', ...one })),
          ...preview.skipped.map(({ node_id, reason }) => ({
            mark: '⊗',
            node_id,
            name: names.of(node_id),
            status: reason,
          })),
        ];
        const table = tableView(
          rows,
          [
            { header: ' ', value: (row) => row.mark },
            { header: 'NAME', value: (row) => row.name },
            { header: 'NODE_ID', value: (row) => row.node_id },
            { header: 'STATUS', value: (row) => row.status, paint: (text) => paintStatus(invocation.paint, text) },
          ],
          'It means nobody.',
        );
        await invocation.print({ ...table, data: preview });
        invocation.note(`${preview.resolved.length} would be run on, ${preview.skipped.length} skipped`);
        if (preview.resolved.length === 0) throw new ExitWith(ExitCode.unavailable);
      }),
    );
  command.addHelpText('after', TARGET_HELP);
  addExamples(command, [
    ['garrison edge fleet preview os=linux tags=web,prod', 'before the real thing'],
    ["garrison edge fleet preview --on 'labels=In(region,eu,us)'", 'in quotes, because of the brackets'],
  ]);
}
