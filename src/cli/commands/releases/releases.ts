import { collect } from '#client/walk-pages.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { key } from './key.ts';
import { publish } from './publish.ts';
import { sign } from './sign.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the releases, the newest first.',
  examples: [['garrison releases list --output json', 'an array, for scripts']],
  run: async (invocation) => {
    const found = await collect((await invocation.native()).releases());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'VERSION', value: (one) => one.version },
          { header: 'PLATFORM', value: (one) => one.platform },
          { header: 'KIND', value: (one) => one.kind },
          { header: 'COUNTER', value: (one) => one.counter },
          { header: 'STATE', value: (one) => (one.withdrawn_at === null ? 'published' : 'withdrawn') },
          { header: 'WHEN', value: (one) => invocation.ago(one.published_at ?? one.announced_at) },
          { header: 'ID', value: (one) => one.id },
        ],
        'No releases. garrison releases publish BUNDLE makes one known.',
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show a release.',
  arguments: [argument('<id>', 'id of the release')],
  examples: [['garrison releases show 0199a3f4-…', 'what it says of itself, and who published it']],
  run: async (invocation, id: string) => {
    const release = await (await invocation.native()).release(id);
    await invocation.print(
      factsView(release, [
        ['id', release.id],
        ['version', release.version],
        ['platform', release.platform],
        ['kind', release.kind],
        ['counter', String(release.counter)],
        ['protocol', release.protocols.join(', ')],
        ['bytes', String(release.size_bytes)],
        ['sha256', release.sha256],
        ['published', `${release.published_at ?? 'not yet'} by ${release.published_by}`],
        ['withdrawn', release.withdrawn_at ?? 'no'],
      ]),
    );
  },
};

const withdraw: CommandSpec = {
  name: 'withdraw',
  description: 'Withdraw a release: no further node is brought to it. Nodes that run it go on.',
  arguments: [argument('<id>', 'id of the release')],
  examples: [['garrison releases withdraw 0199a3f4-…', 'its bytes are removed']],
  run: async (invocation, id: string) => {
    const release = await (await invocation.native()).withdrawRelease(id);
    await invocation.print(sentenceView(release, `version ${release.version} for ${release.platform} is withdrawn`));
  },
};

export const command: CommandSpec = {
  name: 'releases',
  description: 'Versions of the program that nodes are brought to: signed, published, withdrawn.',
  examples: [
    [
      'garrison releases sign --key release.key dist/garrison-node-0.2.0-linux-x64.tar.gz',
      'where the key is: on no controller',
    ],
    ['garrison releases publish dist/garrison-node-0.2.0-linux-x64.tar.gz', 'with its .minisig beside it'],
  ],
  commands: [sign, publish, list, show, withdraw, key],
};
