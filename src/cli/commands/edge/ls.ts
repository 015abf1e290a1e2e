import type { Command } from 'commander';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { tableView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { repeated } from '../../parse/read-pairs.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly tag?: readonly string[];
  readonly label?: readonly string[];
  readonly connected?: boolean;
  readonly limit?: number;
}

export function addLs(edge: Command, terminal: Terminal): void {
  const command = edge
    .command('ls')
    .alias('list')
    .description('List the hosts.')
    .option('--tag <tag>', 'hosts with this tag; may be repeated', repeated)
    .option('--label <key=value>', 'hosts with this label; may be repeated', repeated)
    .option('--connected', 'connected hosts only')
    .option('--limit <n>', 'at most so many', wholeNumber(1))
    .action(
      act(terminal, async (invocation) => {
        const { tag = [], label = [], connected, limit } = invocation.opts<Options>();
        const client = await invocation.edgeFleet();
        const hosts = await collect(client.hosts({ tags: tag, labels: label, connected }), limit);
        await invocation.print(
          tableView(
            hosts,
            [
              { header: 'NAME', value: (host) => host.name },
              { header: 'NODE_ID', value: (host) => host.node_id },
              { header: 'TENANT', value: (host) => host.tenant_id, isFlexible: true },
              { header: 'STATUS', value: (host) => host.status, paint: (text) => paintStatus(invocation.paint, text) },
              { header: 'OS', value: (host) => host.capabilities.os, isFlexible: true },
              { header: 'ARCH', value: (host) => host.capabilities.arch, isFlexible: true },
              { header: 'TAGS', value: (host) => host.tags.join(','), isFlexible: true },
              { header: 'HEARTBEAT', value: (host) => invocation.ago(host.last_heartbeat_at) },
            ],
            'No hosts. garrison edge enroll-token issues a token to join one.',
          ),
        );
      }),
    );
  addExamples(command, [
    ['garrison edge ls --connected', 'who can be run on now'],
    ['garrison edge ls --tag prod --tag web --label region=eu', 'all of these together'],
  ]);
}
