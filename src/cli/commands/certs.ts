import type { CertificateRecord } from '#client/native/native-client.ts';
import { collect } from '#client/walk-pages.ts';
import { type CommandSpec, option } from '../command-spec.ts';
import { paintStatus } from '../output/paint.ts';
import { sentenceView, tableView } from '../output/print-view.ts';
import { readDuration } from '../parse/read-duration.ts';
import { wholeNumber } from '../parse/read-number.ts';
import { resolveNodeUuid } from '../resolve-node-uuid.ts';

interface Options {
  readonly node?: string;
  readonly endsWithin?: number;
  readonly all?: boolean;
  readonly limit?: number;
}

const DAY_MS = 86_400_000;

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the certificates, those that end first in front.',
  options: [
    option('--node <node>', 'certificates of this machine, by name or id'),
    option('--ends-within <time>', 'those that end within so long, such as 30d', readDuration),
    option('--all', 'revoked and ended ones too'),
    option('--limit <n>', 'at most so many', wholeNumber(1)),
  ],
  examples: [
    ['garrison certs list', 'what is good now'],
    ['garrison certs list --ends-within 30d', 'what has to be renewed soon'],
  ],
  run: async (invocation) => {
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
            value: (one) => stateOf(one, invocation.terminal.now()),
            paint: (text) => paintStatus(invocation.paint, text),
          },
          { header: 'ENDS', value: (one) => invocation.ago(one.not_after) },
        ],
        'No certificates.',
      ),
    );
  },
};

function stateOf({ revoked_at, not_after }: CertificateRecord, now: Date): 'revoked' | 'expired' | 'valid' {
  if (revoked_at !== null) return 'revoked';
  return Date.parse(not_after) <= now.getTime() ? 'expired' : 'valid';
}

const authorities: CommandSpec = {
  name: 'authorities',
  description: 'List the root and every intermediate there has been.',
  examples: [['garrison certs authorities', 'which of them signs now']],
  run: async (invocation) => {
    const found = await collect((await invocation.native()).authorities());
    await invocation.print(
      tableView(
        found,
        [
          { header: 'ID', value: (one) => one.id },
          { header: 'KIND', value: (one) => one.kind },
          { header: 'SIGNS', value: (one) => (one.is_issuing ? 'yes' : 'no') },
          { header: 'SINCE', value: (one) => invocation.ago(one.not_before) },
          { header: 'ENDS', value: (one) => invocation.ago(one.not_after) },
        ],
        'No authorities.',
      ),
    );
  },
};

/** What the controller publishes for everyone, as PEM on standard output. */
function published(path: string, spec: Pick<CommandSpec, 'name' | 'description' | 'examples'>): CommandSpec {
  return {
    ...spec,
    run: async (invocation) => {
      const pem = await (await invocation.open()).text({ path });
      await invocation.print({ data: { pem }, text: () => pem });
    },
  };
}

const ca = published('/pki/ca.pem', {
  name: 'ca',
  description: 'Print the authorities that node and outpost certificates are signed by, as PEM.',
  examples: [['garrison certs ca > ca.pem', 'for openssl, curl and nginx']],
});

const crl = published('/pki/crl.pem', {
  name: 'crl',
  description: 'Print the revocation lists, as PEM.',
  examples: [['garrison certs crl | openssl crl -noout -text', 'what is revoked']],
});

const rotateIntermediate: CommandSpec = {
  name: 'rotate-intermediate',
  description: 'Let a new intermediate sign from now on. Certificates of the old one work until their own end.',
  examples: [['garrison certs rotate-intermediate', 'with the master key']],
  run: async (invocation) => {
    const authority = await (await invocation.native()).rotateIntermediate();
    await invocation.print(
      sentenceView(authority, `intermediate ${authority.id} signs now, until ${authority.not_after}`),
    );
  },
};

export const command: CommandSpec = {
  name: 'certs',
  description: 'Certificates, authorities, and what is revoked.',
  examples: [['garrison certs list --ends-within 30d', 'what has to be renewed soon']],
  commands: [list, authorities, ca, crl, rotateIntermediate],
};
