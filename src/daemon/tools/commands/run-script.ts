import { existsSync } from 'node:fs';
import { commandEnvironment } from '../processes/command-environment.ts';
import { runProcess } from '../processes/run-process.ts';
import type { ToolRunner } from '../tool-context.ts';
import { chooseAccount } from './choose-account.ts';

/** Linux takes no longer argument; a longer script is read from descriptor 3. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

export const runScript: ToolRunner<'script.run'> = async (args, host, io, { executionId, permit }) => {
  const chosen = await chooseAccount(permit.user);
  if ('ending' in chosen) return chosen.ending;
  const { account, owner } = chosen;
  const env = commandEnvironment({ account, executionId, variables: args.env, daemonEnvironment: host.environment });
  const isLong = Buffer.byteLength(args.script) > MAX_ARGUMENT_BYTES;
  const [file, ...options] = existsSync('/bin/bash') ? ['/bin/bash', '--login'] : ['/bin/sh', '-l'];
  const order = {
    file,
    args: [...options, ...(isLong ? ['/dev/fd/3'] : ['-c', args.script, ...nameFor(args.args)]), ...(args.args ?? [])],
    stdin: args.stdin,
    cwd: args.cwd ?? account.home,
    cwdInstead: args.cwd === undefined ? '/' : undefined,
    env,
    owner,
    extraFile: isLong ? args.script : undefined,
  };
  return args.detached ? host.detached.start(executionId, order, io) : runProcess(order, host, io);
};

/** With `-c` the first word behind the script is its own name, `$0`. */
function nameFor(args: readonly string[] = []): readonly string[] {
  return args.length > 0 ? ['script'] : [];
}
