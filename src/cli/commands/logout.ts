import type { CommandSpec } from '../command-spec.ts';
import { sentenceView } from '../output/print-view.ts';
import { findProfileFile, readProfile, writeProfile } from '../profile.ts';
import { withoutSignIn } from '../sign-in/fresh-profile.ts';

export const command: CommandSpec = {
  name: 'logout',
  description: 'Forget the sign-in of the profile: its access token and what renews it. Keys of the profile stay.',
  examples: [['garrison logout', 'later commands need garrison login again']],
  run: async (invocation) => {
    const file = await findProfileFile(invocation.options.profile, invocation.terminal);
    const profile = await readProfile(file);
    if (profile !== undefined) await writeProfile(file, withoutSignIn(profile));
    await invocation.print(sentenceView({ profile: file, signed_in: false }, `${file} holds no sign-in`));
  },
};
