import { readCommandLine } from '#protocol/tools/cmd-run.ts';
import { failed } from '../../executions/executor.ts';
import { refusalOfCommand } from '../../policy/check-command.ts';
import { commandEnvironment } from '../processes/command-environment.ts';
import { runProcess } from '../processes/run-process.ts';
import type { ToolRunner } from '../tool-context.ts';
import { chooseAccount } from './choose-account.ts';

export const runCommand: ToolRunner<'cmd.run'> = async (args, host, io, executionId) => {
  const [file, ...rest] = readCommandLine(args);
  const chosen = chooseAccount(args.user, host.policy);
  if ('ending' in chosen) return chosen.ending;
  const { account, owner } = chosen;
  const env = commandEnvironment({ account, executionId, variables: args.env, daemonEnvironment: host.environment });
  const refusal = refusalOfCommand(host.policy, { file, variables: args.env, path: env.PATH ?? '' });
  if (refusal !== undefined) return failed('policy_refused', refusal);
  const order = { file, args: rest, cwd: args.cwd ?? '/', env, stdin: args.stdin, owner };
  return runProcess(order, host, io);
};
