import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveNodeId } from '../../resolve-target.ts';
import type { Terminal } from '../../terminal.ts';

export function addRevoke(edge: Command, terminal: Terminal): void {
  const command = edge
    .command('revoke')
    .description('Revoke hosts: their certificates end, their sessions are cut, their record stays.')
    .argument('<host...>', 'names or ids')
    .action(
      act(terminal, async (invocation, hosts: string[]) => {
        const client = await invocation.edgeFleet();
        for (const host of hosts) {
          const id = await resolveNodeId(client, host);
          await client.revokeHost(id);
          await invocation.print(sentenceView({ node_id: id, revoked: true }, `revoked ${host}`));
        }
      }),
    );
  addExamples(command, [['garrison edge revoke web-1', 'it is out within two seconds']]);
}
