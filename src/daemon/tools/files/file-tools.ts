import type { ToolArgs } from '#protocol/tools/tools.ts';
import { failed, type StopReason, stopped, type ToolEnding, type ToolIo } from '../../executions/executor.ts';
import { chooseAccount } from '../commands/choose-account.ts';
import { pathOfCommands } from '../processes/command-environment.ts';
import { readProcess } from '../processes/process-table.ts';
import type { PermittedOrder, ToolHost, ToolRunner } from '../tool-context.ts';
import type { AskOptions } from '../workers/host-workers.ts';
import type { FileTool } from './act-on-file.ts';

export const fsRead = fileTool('fs.read');
export const fsList = fileTool('fs.list');
export const fsStat = fileTool('fs.stat');
export const fsWrite = fileTool('fs.write');

function fileTool<Name extends FileTool>(tool: Name): ToolRunner<Name> {
  return (args, host, io, order) => doFileWork({ tool, args, host, io, order });
}

export interface FileWork<Name extends FileTool = FileTool> {
  readonly tool: Name;
  readonly args: ToolArgs[Name];
  readonly host: ToolHost;
  readonly io: ToolIo;
  readonly order: PermittedOrder;
}

/** By a process that may hang in place of the daemon, and that is the user, so that the kernel decides what that user may. */
export async function doFileWork<Name extends FileTool>(
  { tool, args, host, io, order: { permit, executionId } }: FileWork<Name>,
  options: Pick<AskOptions, 'descriptor' | 'patienceMs'> = {},
): Promise<ToolEnding> {
  const chosen = await chooseAccount(permit.user);
  if ('ending' in chosen) return chosen.ending;
  const { policy, closedPaths: own } = host;
  const task = { kind: 'file', tool, args, policy, own, path: pathOfCommands(host.environment) } as const;
  const asked = await host.workers.ask(
    { user: chosen.owner, task },
    {
      ...options,
      path: args.path,
      signal: io.signal,
      executionId,
      onProcess: (pid) => io.started({ pid, startTicks: readProcess(pid)?.startTicks ?? 0 }),
    },
  );
  switch (asked.kind) {
    case 'answered':
      return asked.answer;
    case 'stopped':
      return stopped(io.signal.reason as StopReason, false); // only those are given
    case 'unanswered':
      return failed('path_unresponsive', `the file system of ${args.path} does not answer, so it was given up`);
    case 'lost':
      return failed('file_io_failed', 'the process that was to do it ended without an answer');
  }
}
