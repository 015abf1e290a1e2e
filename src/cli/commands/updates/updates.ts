import { collect } from '#client/walk-pages.ts';
import { ExitWith } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { printTargeting } from '../commands/targeting.ts';
import { create } from './create.ts';
import { showUpdate } from './show-update.ts';
import { watchUpdate } from './watch-update.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the self-update requests.',
  options: [...listOptions()],
  examples: [['garrison updates list --where status=processing', 'those that still ask nodes']],
  run: async (invocation) => {
    const options = invocation.opts<ListOptions>();
    const client = await invocation.edgeAdmin();
    const found = await collect(client.selfUpdates(listQuery(options)), options.limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.id },
          { header: 'VERSION', value: (one) => one.version },
          { header: 'ON', value: (one) => printTargeting(one.targeting), isFlexible: true },
          { header: 'STATUS', value: (one) => one.status },
          { header: 'ACCEPTED', value: (one) => one.summary && `${one.summary.triggered}/${one.summary.total}` },
          { header: 'ORDERED', value: (one) => invocation.ago(one.inserted_at) },
        ],
        'No updates. garrison updates create --on all asks for one.',
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show a self-update request, how its nodes stand, and why some are not where they should be.',
  arguments: [argument('<id>', 'id of the request')],
  examples: [['garrison updates show 0199a3f4-…', 'with the reason of each failure']],
  run: async (invocation, id: string) => showUpdate(invocation, await (await invocation.edgeAdmin()).selfUpdate(id)),
};

const watch: CommandSpec = {
  name: 'watch',
  description: 'Wait until every node of a request runs the version or has failed. Ctrl-C leaves.',
  arguments: [argument('<id>', 'id of the request')],
  examples: [['garrison updates watch 0199a3f4-…', 'ends with 1 when a node failed, 5 when none was meant']],
  run: async (invocation, id: string) => {
    throw new ExitWith(await watchUpdate(invocation, id));
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove', 'delete'],
  description: 'Remove a self-update request whose nodes have all ended.',
  arguments: [argument('<id>', 'id of the request')],
  examples: [['garrison updates rm 0199a3f4-…', 'with what its nodes told']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteSelfUpdate(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'updates',
  description: 'Nodes are brought to another version of the program, in waves.',
  examples: [['garrison updates create --on all --batch 5 --soak 10m --wait', 'five at a time, and wait']],
  commands: [create, list, show, watch, rm],
};
