import type { CommandSpec } from '../../command-spec.ts';
import { profileFileIn, writeProfile } from '../../profile.ts';
import { untilStopped } from '../../until-stopped.ts';
import { factsOf } from '../up/ready.ts';
import { profileOf } from '../up/remember-controller.ts';
import { settingOptions } from './setting-options.ts';

export const command: CommandSpec = {
  name: 'controller',
  summary: 'a controller alone, for servers',
  description:
    'Start a controller and nothing beside it, as a service does. Logs go to standard error as JSON; SIGTERM stops it.',
  options: settingOptions(),
  examples: [
    ['DATABASE_URL=postgresql://… garrison controller', 'on a database that several controllers share'],
    ['garrison controller --config /etc/garrison/garrison.yaml', 'with its configuration in a file'],
  ],
  run: async (invocation) => {
    const { runController } = await import('#controller/main.ts');
    await runController({
      flags: invocation.opts<Record<string, unknown>>(),
      env: process.env,
      withLocalNode: false,
      signal: untilStopped(),
      onReady: async (ready) => {
        const { api, tls, nodes } = ready.controller;
        const facts = factsOf(ready);
        await writeProfile(profileFileIn(facts.dataDir), profileOf(facts));
        invocation.terminal.stdout.write(`ready: API ${api}, ${tls}; nodes ${nodes}\n`);
      },
    });
  },
};
