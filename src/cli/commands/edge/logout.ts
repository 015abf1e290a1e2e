import { ApiError } from '#client/api-error.ts';
import { CliError, ExitWith } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';

interface Options {
  readonly server: boolean;
  readonly service: boolean;
  readonly force?: boolean;
  readonly stateDir?: string;
}

/** First the server, with the operator's token: what is not revoked there must keep its way back here. */
export const logout: CommandSpec = {
  name: 'logout',
  description: 'Take this host out of the fleet: revoke it, remove its service, forget its key.',
  options: [
    option('--no-server', 'do not revoke it at the controller'),
    option('--no-service', 'leave its service alone'),
    option('--force', 'go on although the controller refuses or is away'),
    option('--state-dir <dir>', 'what the host keeps, as garrison node says'),
  ],
  examples: [
    ['garrison edge logout', 'with a token that may write hosts'],
    ['garrison edge logout --no-server', 'the controller is gone for good'],
  ],
  run: async (invocation) => {
    const { server, service, force = false, stateDir } = invocation.opts<Options>();
    const where = stateDir === undefined ? [] : ['--state-dir', stateDir];
    const nodeId = await idOfThisHost(invocation, where);
    if (server) await revoke(invocation, nodeId, force);
    const { runCli } = await import('../../program.ts');
    if (service && (await isServiceInstalled(invocation)))
      await runCli(['node', 'service', 'uninstall'], invocation.terminal);
    throw new ExitWith(await runCli(['node', 'leave', '--yes', ...where], invocation.terminal));
  },
};

async function revoke(invocation: Invocation, nodeId: string, isForced: boolean): Promise<void> {
  try {
    await (await invocation.edgeFleet()).revokeHost(nodeId);
    invocation.note(`revoked ${nodeId}`);
  } catch (error) {
    const isGone = error instanceof ApiError && error.status === 404;
    if (!isGone && !isForced) throw error;
    invocation.note(isGone ? `${nodeId} was no longer known` : `not revoked: ${(error as Error).message}`);
  }
}

async function idOfThisHost(invocation: Invocation, where: readonly string[]): Promise<string> {
  const status = await dataOf(invocation, ['node', 'status', ...where]);
  if (typeof status.node_id === 'string') return status.node_id;
  throw new CliError('this machine has not joined', {
    exitCode: ExitCode.conflict,
    advice: 'There is nothing to log out.',
  });
}

async function isServiceInstalled(invocation: Invocation): Promise<boolean> {
  return (await dataOf(invocation, ['node', 'service', 'status'])).installed === true;
}

/** What another command says, as data. */
async function dataOf({ terminal }: Invocation, argv: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  const collecting = {
    ...terminal.stdout,
    write: (part: string) => {
      text += part;
    },
  };
  const { runCli } = await import('../../program.ts');
  await runCli([...argv, '--output', 'json'], { ...terminal, stdout: collecting });
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>); // its JSON form is an object
}
