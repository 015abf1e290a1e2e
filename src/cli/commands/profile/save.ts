import type { Command } from 'commander';
import { usageError } from '../../cli-error.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { findProfileFile, type Profile, readProfile, writeProfile } from '../../profile.ts';
import type { Terminal } from '../../terminal.ts';

export function addSave(profile: Command, terminal: Terminal): void {
  const command = profile
    .command('save')
    .description('Keep the controller and the keys of this command line, so that later ones need not say them.')
    .option('--master', 'the key is the master key')
    .option('--arb', 'the key is one of an organisation')
    .action(
      act(terminal, async (invocation) => {
        const { master = false, arb = false } = invocation.opts<{ master?: boolean; arb?: boolean }>();
        const { api, key, token, org, tenant, ca } = invocation.options;
        const file = await findProfileFile(invocation.options.profile, terminal);
        const before = await readProfile(file);
        const address = api ?? before?.api;
        if (address === undefined) throw usageError('which controller?', 'Give its address with --api URL.');
        const kept = before !== undefined && before.api === address ? before : undefined;
        const next: Profile = {
          ...kept,
          api: address,
          ...(key !== undefined && { [master ? 'masterKey' : arb ? 'arbKey' : 'apiKey']: key }),
          ...(token !== undefined && { edgeToken: token }),
          ...(org !== undefined && { orgId: org }),
          ...(tenant !== undefined && { tenant }),
          ...(ca !== undefined && { ca }),
        };
        await writeProfile(file, next);
        await invocation.print(sentenceView({ profile: file, api: address }, `${file} is for ${address} now`));
      }),
    );
  addExamples(command, [
    ['garrison profile save --api https://garrison.example:7443 --ca ca.pem --key api_…', 'a controller elsewhere'],
    ['garrison profile save --token eyJ…', 'a token for the edge fleet, beside the keys that are kept'],
  ]);
}
