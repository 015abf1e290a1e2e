import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';

export const waiting: CommandSpec = {
  name: 'waiting',
  description: 'List machines that wait to be admitted: their certificate is good, but the database does not know it.',
  examples: [['garrison nodes waiting', 'after a restore: what has joined since the backup']],
  run: async (invocation) => {
    const waiting = await collect((await invocation.native()).waitingNodes());
    await invocation.print(
      tableView(
        waiting,
        [
          { header: 'ID', value: (one) => one.node_id },
          { header: 'HOST', value: (one) => one.hostname, isFlexible: true },
          { header: 'ADDRESS', value: (one) => one.address },
          { header: 'SINCE', value: (one) => invocation.ago(one.first_seen_at) },
          { header: 'SEEN', value: (one) => invocation.ago(one.last_seen_at) },
        ],
        'No machine waits at the door.',
      ),
    );
  },
};

export const admit: CommandSpec = {
  name: 'admit',
  description:
    'Admit machines that wait: their certificate is good, but the database does not know it. They keep their ids.',
  arguments: [argument('[id...]', 'ids, as garrison nodes waiting lists them')],
  options: [option('--all', 'every machine that waits')],
  examples: [
    ['garrison nodes admit 0198c2e4-7d1f-7a42-9b1c-2f6d1e0a5b33', 'one machine'],
    ['garrison nodes admit --all', 'every machine that waits, after a restore'],
  ],
  run: async (invocation, ids: string[]) => {
    const client = await invocation.native();
    const { all = false } = invocation.opts<{ all?: boolean }>();
    const chosen = all ? (await collect(client.waitingNodes())).map((one) => one.node_id) : ids;
    for (const id of chosen) {
      await client.admitNode(id);
      await invocation.print(sentenceView({ id, admitted: true }, `admitted ${id}; it connects within a minute`));
    }
  },
};
