import { type CommandSpec, option } from '../../command-spec.ts';
import { untilStopped } from '../../until-stopped.ts';
import { settingOptions } from '../controller/setting-options.ts';
import { describeReady, factsOf } from './ready.ts';
import { rememberController } from './remember-controller.ts';

export const command: CommandSpec = {
  name: 'up',
  summary: 'a controller, its database and a first node',
  description:
    'Start a controller with its database and a node for this machine, and keep them running. Ctrl-C stops all.',
  options: [
    option('--no-local-node', 'without the node for this machine'),
    option('--json', 'one line of JSON on standard output when it is ready, with the keys'),
    ...settingOptions(),
  ],
  examples: [
    ['garrison up', 'everything on this machine, on the usual ports'],
    ['garrison up --data-dir ./data --port 0 --node-port 0 --tls-port 0', 'beside another one, on free ports'],
    ['garrison up --no-local-node --json', 'for a script: the addresses and keys as one line'],
  ],
  run: async (invocation) => {
    const { terminal, paint } = invocation;
    const flags = invocation.opts<{ localNode: boolean; json?: boolean }>();
    const { runController } = await import('#controller/main.ts');
    await runController({
      flags: { ...flags },
      env: process.env,
      withLocalNode: flags.localNode,
      signal: untilStopped(),
      onReady: async (ready) => {
        const facts = factsOf(ready);
        const profile = await rememberController(facts, { isCurrent: !flags.json, terminal });
        if (flags.json) terminal.stdout.write(`${JSON.stringify(facts)}\n`);
        else terminal.stdout.write(describeReady(ready, facts, profile, paint));
      },
    });
  },
};
