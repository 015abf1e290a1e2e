import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';

/** What the controller publishes for everyone, as PEM on standard output. */
export function addPublished(certs: Command, terminal: Terminal): void {
  const ca = addDocument(certs, terminal, {
    name: 'ca',
    description: 'Print the authorities that node and outpost certificates are signed by, as PEM.',
    path: '/pki/ca.pem',
  });
  addExamples(ca, [['garrison certs ca > ca.pem', 'for openssl, curl and nginx']]);
  const crl = addDocument(certs, terminal, {
    name: 'crl',
    description: 'Print the revocation lists, as PEM.',
    path: '/pki/crl.pem',
  });
  addExamples(crl, [['garrison certs crl | openssl crl -noout -text', 'what is revoked']]);
}

interface Document {
  readonly name: string;
  readonly description: string;
  readonly path: string;
}

function addDocument(certs: Command, terminal: Terminal, { name, description, path }: Document): Command {
  return certs
    .command(name)
    .description(description)
    .action(
      act(terminal, async (invocation) => {
        const pem = await (await invocation.open()).text({ path });
        await invocation.print({ data: { pem }, text: () => pem });
      }),
    );
}
