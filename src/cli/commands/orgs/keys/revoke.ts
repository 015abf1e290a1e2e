import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';

export function addRevoke(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('revoke')
    .alias('rm')
    .description('Revoke a key of an organisation.')
    .argument('<org>', 'id of the organisation')
    .argument('<key>', 'id of the key')
    .action(
      act(terminal, async (invocation, orgId: string, keyId: string) => {
        await (await invocation.native()).revokeOrganisationKey(orgId, keyId);
        await invocation.print(sentenceView({ org_id: orgId, id: keyId, revoked: true }, `revoked ${keyId}`));
      }),
    );
  addExamples(command, [['garrison orgs keys revoke 0199a3f4-… 0199a3f5-…', 'it opens nothing any more']]);
}
