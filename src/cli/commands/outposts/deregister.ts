import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { resolveOutpostId } from './resolve-outpost-id.ts';

export function addDeregister(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('deregister')
    .description('Deregister an outpost for good: every certificate of it is revoked, its record stays.')
    .argument('<outpost>', 'name or id')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { client, orgId } = await invocation.outposts();
        const id = await resolveOutpostId(client, orgId, nameOrId);
        await client.deregister(orgId, id);
        await invocation.print(sentenceView({ id, deregistered: true }, `deregistered ${nameOrId}`));
      }),
    );
  addExamples(command, [['garrison outposts deregister eu-1', 'it is out within two seconds']]);
}
