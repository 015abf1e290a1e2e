import { usageError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { profileFileIn, writeProfile } from '../../profile.ts';
import { untilStopped } from '../../until-stopped.ts';
import { factsOf } from '../up/ready.ts';
import { profileOf } from '../up/remember-controller.ts';
import { settingOptions } from './setting-options.ts';
import { update } from './update.ts';

export const command: CommandSpec = {
  name: 'controller',
  summary: 'a controller alone, for servers',
  description:
    'Start a controller and nothing beside it, as a service does. Logs go to standard error as JSON; SIGTERM stops it.',
  options: [...settingOptions(), option('--supervised', 'start it again when it ends, where no service manager does')],
  examples: [
    ['DATABASE_URL=postgresql://… garrison controller', 'on a database that several controllers share'],
    ['garrison controller --config /etc/garrison/garrison.yaml', 'with its configuration in a file'],
    ['garrison controller --supervised', 'where there is no systemd: updates can restart it'],
  ],
  commands: [update],
  run: async (invocation) => {
    const { supervised, ...flags } = invocation.opts<{ readonly supervised?: boolean }>();
    if (supervised) return supervise(invocation.terminal.env);
    const { runController } = await import('#controller/main.ts');
    await runController({
      flags,
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

/** Becomes the supervisor, which starts this command line without the flag. */
async function supervise(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { installSupervisor } = await import('#controller/update/install-supervisor.ts');
  const { program, supervisor } = installSupervisor();
  const args = process.argv.slice(2).filter((argument) => argument !== '--supervised');
  if (process.execve === undefined)
    throw usageError('this Node cannot become another program; start it with the supervisor itself', supervisor);
  process.execve('/bin/sh', ['sh', supervisor, program, ...args], { ...env });
}
