import type { Command } from 'commander';
import { configFlags } from '#controller/config.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { untilStopped } from '../../until-stopped.ts';
import { describeReady, factsOf } from './ready.ts';
import { rememberController } from './remember-controller.ts';

export function register(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('up')
    .summary('a controller, its database and a first node')
    .description(
      'Start a controller with its database and a node for this machine, and keep them running. Ctrl-C stops all.',
    )
    .option('--no-local-node', 'without the node for this machine')
    .option('--json', 'one line of JSON on standard output when it is ready, with the keys');
  for (const { definition, description } of configFlags()) command.option(definition, description);
  command.action(
    act(terminal, async (invocation) => {
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
          else terminal.stdout.write(describeReady(ready, facts, profile, invocation.paint));
        },
      });
    }),
  );
  addExamples(command, [
    ['garrison up', 'everything on this machine, on the usual ports'],
    ['garrison up --data-dir ./data --port 0 --node-port 0 --tls-port 0', 'beside another one, on free ports'],
    ['garrison up --no-local-node --json', 'for a script: the addresses and keys as one line'],
  ]);
}
