import type { Option } from 'commander';
import { usageError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { collect, hostOptions, type NodeHostOptions, readPositive } from './node-options.ts';

export interface RunNodeOptions extends NodeHostOptions {
  readonly policy?: string;
  readonly closedPath?: string[];
  readonly concurrency?: number;
  readonly agentSlots?: number;
  readonly spoolMb?: number;
  readonly stopGrace?: number;
  readonly bundle?: string;
  readonly api?: string;
}

export const run: CommandSpec = {
  name: 'run',
  description: 'Run the node, until Ctrl-C or SIGTERM. Joins first where ENROLLMENT_KEY is set and it has not joined.',
  options: [...runOptions(), option('--supervised', 'start it again when it ends, where no service manager does')],
  examples: [
    ['garrison node run', 'a machine that has joined'],
    ['ENROLLMENT_KEY=… garrison node run --label region=eu', 'joins by itself at its first start, as containers do'],
    ['garrison node run --supervised', 'where there is no systemd: updates can restart it'],
    ['garrison node run --bundle /etc/outpost', 'as the outpost whose certificate and key are there'],
  ],
  run: async (invocation) => {
    if (invocation.opts<RunNodeOptions & { supervised?: boolean }>().supervised)
      return supervise(invocation.terminal.env);
    const { readDaemonConfig } = await import('#daemon/config.ts');
    const { logToStderr } = await import('#daemon/log-to-stderr.ts');
    const { runDaemon } = await import('#daemon/main.ts');
    const { env } = invocation.terminal;
    const flags = { ...invocation.opts<RunNodeOptions>(), api: invocation.options.api };
    const config = await readDaemonConfig({ flags, env });
    await runDaemon({ ...config, env, log: logToStderr(config.logLevel), signal: untilTerminated() });
  },
};

/** Becomes the supervisor, which starts this command line without the flag. */
async function supervise(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const { installStartScripts } = await import('#daemon/updates/start-program.ts');
  const { ownPackage } = await import('#runtime/own-package.ts');
  const { program, supervisor } = installStartScripts(ownPackage.root);
  const args = process.argv.slice(2).filter((argument) => argument !== '--supervised');
  if (process.execve === undefined)
    throw usageError('this Node cannot become another program; start it with the supervisor itself', supervisor);
  process.execve('/bin/sh', ['sh', supervisor, program, ...args], { ...env });
}

export function runOptions(): Option[] {
  return [
    ...hostOptions(),
    option('--policy <file>', 'what this host allows; default policy.yaml in the state directory'),
    option('--closed-path <path>', 'what file tools never enter; may come several times', collect),
    option('--concurrency <n>', 'commands at the same time; default 8', readPositive('--concurrency')),
    option(
      '--agent-slots <n>',
      'coding agents at the same time; default one for each processor',
      readPositive('--agent-slots'),
    ),
    option('--spool-mb <n>', 'disk for output that is not confirmed; default 256', readPositive('--spool-mb')),
    option(
      '--stop-grace <seconds>',
      'how long commands may go on when the node is stopped; default 5',
      readPositive('--stop-grace'),
    ),
    option('--bundle <dir>', 'run as the outpost whose bundle is in this directory; --api replaces the API it names'),
  ];
}

/** SIGHUP is not among them: it makes the daemon look at its host again. */
function untilTerminated(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
  return stopping.signal;
}
