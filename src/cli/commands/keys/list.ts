import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { addListOptions, type ListOptions, listQuery } from '../../list-options.ts';
import { tableView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { usesOf, withoutKey } from './key-views.ts';

interface Options extends ListOptions {
  readonly cluster?: string;
  readonly showSecrets?: boolean;
}

export function addList(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('list')
    .alias('ls')
    .description('List the enrolment keys.')
    .option('--cluster <name>', 'keys of this cluster')
    .option('--show-secrets', 'the keys themselves too, in JSON and YAML')
    .action(
      act(terminal, async (invocation) => {
        const options = invocation.opts<Options>();
        const client = await invocation.edgeAdmin();
        const query = listQuery(options, { cluster_name: options.cluster });
        const found = await collect(client.enrollmentKeys(query), options.limit);
        await invocation.print(
          tableView(
            found.map((key) => withoutKey(key, options.showSecrets)),
            [
              { header: 'ID', value: (key) => key.id },
              { header: 'NAME', value: (key) => key.name, isFlexible: true },
              { header: 'CLUSTER', value: (key) => key.cluster_name, isFlexible: true },
              { header: 'USES LEFT', value: usesOf, isNumber: true },
              { header: 'EXPIRES', value: (key) => invocation.ago(key.expired_at) },
              { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
              { header: 'CREATED', value: (key) => invocation.ago(key.inserted_at) },
            ],
            'No enrolment keys. garrison keys create makes one.',
          ),
        );
      }),
    );
  addListOptions(command);
  addExamples(command, [
    ['garrison keys list', 'every key, without its secret'],
    ['garrison keys list --cluster staging --where is_spent=false', 'those of a cluster that still work'],
  ]);
}
