import type { Command } from 'commander';
import { usageError } from '../../../cli-error.ts';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import { repeated } from '../../../parse/read-pairs.ts';
import { resolveGroupId } from '../../../resolve-target.ts';
import type { Terminal } from '../../../terminal.ts';
import { readSelector } from './group-options.ts';

interface Options {
  readonly name?: string;
  readonly selector?: readonly string[];
}

export function addUpdate(group: Command, terminal: Terminal): void {
  const command = group
    .command('update')
    .description('Rename a group or replace its selector.')
    .argument('<group>', 'name or id')
    .option('--name <name>', 'another name')
    .option('--selector <fragment>', 'another selector, or everyone; may be repeated', repeated)
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { name, selector } = invocation.opts<Options>();
        if (name === undefined && selector === undefined)
          throw usageError('nothing to change', 'Give --name or --selector.');
        const fields = {
          ...(name !== undefined && { name }),
          ...(selector !== undefined && { selector: readSelector(selector) }),
        };
        const client = await invocation.edgeFleet();
        const changed = await client.updateGroup(await resolveGroupId(client, nameOrId), fields);
        await invocation.print(
          sentenceView(changed, `changed ${changed.name}, ${changed.resolved_member_count} in it`),
        );
      }),
    );
  addExamples(command, [
    ['garrison edge group update databases --name postgres', 'its id stays'],
    ['garrison edge group update databases --selector tags=db --selector os=linux', 'the whole selector anew'],
  ]);
}
