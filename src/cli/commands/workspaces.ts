import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../command-spec.ts';
import { sentenceView, tableView } from '../output/print-view.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the checkouts that are kept between dispatches.',
  examples: [['garrison workspaces list', 'where they are, and how large']],
  run: async (invocation) => {
    const found = await collect((await invocation.dispatch()).workspaces());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.workspaceId },
          { header: 'REPOSITORY', value: (one) => one.repoUrl ?? '-', isFlexible: true },
          { header: 'SIZE', value: (one) => one.sizeFormatted },
          { header: 'USED', value: (one) => invocation.ago(one.lastAccessedAt) },
          { header: 'MACHINE', value: (one) => one.nodeId ?? '-' },
        ],
        'No workspaces. garrison dispatch run --persistent makes one.',
      ),
    );
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Delete a workspace and its storage.',
  arguments: [argument('<id>', 'id of the workspace')],
  examples: [['garrison workspaces rm 0199a3f4-…', 'refused while a dispatch uses it']],
  run: async (invocation, id: string) => {
    await (await invocation.dispatch()).deleteWorkspace(id);
    await invocation.print(sentenceView({ workspaceId: id, deleted: true }, `deleted ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'workspaces',
  description: 'Checkouts that are kept between dispatches.',
  examples: [['garrison workspaces list', 'where they are, and how large']],
  commands: [list, rm],
};
