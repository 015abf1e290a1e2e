import { readCommandLine } from '#protocol/tools/cmd-run.ts';
import { commandEnvironment } from '../processes/command-environment.ts';
import { runProcess } from '../processes/run-process.ts';
import type { ToolRunner } from '../tool-context.ts';
import { chooseAccount } from './choose-account.ts';

export const runCommand: ToolRunner<'cmd.run'> = async (args, host, io, { executionId, permit }) => {
  const [file, ...rest] = readCommandLine(args);
  const chosen = await chooseAccount(permit.user);
  if ('ending' in chosen) return chosen.ending;
  const { account, owner } = chosen;
  const env = commandEnvironment({ account, executionId, variables: args.env, daemonEnvironment: host.environment });
  const program = permit.program ?? file;
  const order = { file: program, argv0: file, args: rest, cwd: args.cwd ?? '/', env, stdin: args.stdin, owner };
  return args.detached ? host.detached.start(executionId, order, io) : runProcess(order, host, io);
};
