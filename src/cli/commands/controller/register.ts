import type { Command } from 'commander';
import { configFlags } from '#controller/config.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import type { Terminal } from '../../terminal.ts';
import { untilStopped } from '../../until-stopped.ts';

export function register(parent: Command, terminal: Terminal): void {
  const command = parent
    .command('controller')
    .summary('a controller alone, for servers')
    .description(
      'Start a controller and nothing beside it, as a service does. Logs go to standard error as JSON; SIGTERM stops it.',
    );
  for (const { definition, description } of configFlags()) command.option(definition, description);
  command.action(
    act(terminal, async (invocation) => {
      const { runController } = await import('#controller/main.ts');
      await runController({
        flags: invocation.opts<Record<string, unknown>>(),
        env: process.env,
        withLocalNode: false,
        signal: untilStopped(),
        onReady: ({ controller }) =>
          terminal.stdout.write(`ready: API ${controller.api}, ${controller.tls}; nodes ${controller.nodes}\n`),
      });
    }),
  );
  addExamples(command, [
    ['DATABASE_URL=postgresql://… garrison controller', 'on a database that several controllers share'],
    ['garrison controller --config /etc/garrison/garrison.yaml', 'with its configuration in a file'],
  ]);
}
