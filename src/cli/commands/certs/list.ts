import type { Command } from 'commander';
import type { CertificateRecord } from '#client/native/native-client.ts';
import { collect } from '#client/walk-pages.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { tableView } from '../../output/print-view.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import type { Terminal } from '../../terminal.ts';

interface Options {
  readonly node?: string;
  readonly endsWithin?: number;
  readonly all?: boolean;
  readonly limit?: number;
}

const DAY_MS = 86_400_000;

export function addList(certs: Command, terminal: Terminal): void {
  const command = certs
    .command('list')
    .alias('ls')
    .description('List the certificates, those that end first in front.')
    .option('--node <node>', 'certificates of this machine, by name or id')
    .option('--ends-within <time>', 'those that end within so long, such as 30d', readDuration)
    .option('--all', 'revoked and ended ones too')
    .option('--limit <n>', 'at most so many', wholeNumber(1))
    .action(
      act(terminal, async (invocation) => {
        const { node, endsWithin, all, limit } = invocation.opts<Options>();
        const filter = {
          nodeId: node === undefined ? undefined : await resolveNodeUuid(invocation, node),
          endsWithinDays: endsWithin === undefined ? undefined : Math.ceil(endsWithin / DAY_MS),
          withOld: all,
        };
        const found = await collect((await invocation.native()).certificates(filter), limit);
        await invocation.print(
          tableView(
            found,
            [
              { header: 'SERIAL', value: (one) => one.serial },
              { header: 'PURPOSE', value: (one) => one.purpose },
              { header: 'SUBJECT', value: (one) => one.subject, isFlexible: true },
              {
                header: 'STATE',
                value: (one) => stateOf(one, terminal.now()),
                paint: (text) => paintStatus(invocation.paint, text),
              },
              { header: 'ENDS', value: (one) => invocation.ago(one.not_after) },
            ],
            'No certificates.',
          ),
        );
      }),
    );
  addExamples(command, [
    ['garrison certs list', 'what is good now'],
    ['garrison certs list --ends-within 30d', 'what has to be renewed soon'],
  ]);
}

function stateOf({ revoked_at, not_after }: CertificateRecord, now: Date): 'revoked' | 'expired' | 'valid' {
  if (revoked_at !== null) return 'revoked';
  return Date.parse(not_after) <= now.getTime() ? 'expired' : 'valid';
}
