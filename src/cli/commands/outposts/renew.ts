import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { prepareBundleDirectory, writeBundle } from './bundle-directory.ts';
import { addAddressOptions, addressesFor } from './bundle-options.ts';
import { resolveOutpostId } from './resolve-outpost-id.ts';

export function addRenew(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('renew')
    .description('Issue a new certificate and key. The old certificate works until its own end.')
    .argument('<outpost>', 'name or id')
    .requiredOption('--out <dir>', 'directory for the bundle; one that is there is replaced')
    .action(
      act(terminal, async (invocation, nameOrId: string) => {
        const { out } = invocation.opts<{ out: string }>();
        const { client, orgId } = await invocation.outposts();
        const id = await resolveOutpostId(client, orgId, nameOrId);
        await prepareBundleDirectory(out, { replace: true });
        const bundle = await client.renew(orgId, id);
        await writeBundle(out, bundle, await addressesFor(invocation));
        const sentence = `renewed ${bundle.outpost.outpost_name}, until ${bundle.outpost.cert_expires_at}`;
        await invocation.print(sentenceView({ ...bundle.outpost, directory: out }, sentence));
      }),
    );
  addAddressOptions(command);
  addExamples(command, [['garrison outposts renew eu-1 --out ./eu-1', 'into the same directory']]);
}
