import { CliError, ExitWith } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { collect } from './node-options.ts';
import { type RunNodeOptions, runOptions } from './run.ts';

interface InstallOptions extends RunNodeOptions {
  readonly print?: boolean;
  readonly confined?: boolean;
  readonly user?: string;
  readonly writable?: string[];
  readonly start: boolean;
}

const uninstall: CommandSpec = {
  name: 'uninstall',
  description: 'Stop the service and remove it. What the node keeps is left alone.',
  examples: [['garrison node service uninstall', 'the machine stays joined']],
  run: async (invocation) => {
    const { uninstallService } = await import('#daemon/service/systemd-service.ts');
    uninstallService();
    await invocation.print(sentenceView({ installed: false }, 'the service is removed'));
  },
};

const serviceStatus: CommandSpec = {
  name: 'status',
  description: 'Whether the service is installed and runs. Exits with 5 when it does not.',
  examples: [['garrison node service status', 'what systemd says of it']],
  run: async (invocation) => {
    const { serviceStatus } = await import('#daemon/service/systemd-service.ts');
    const { isInstalled, activeState, unitFile } = serviceStatus();
    const sentence = isInstalled ? `the service is ${activeState} (${unitFile})` : 'the service is not installed';
    const data = { installed: isInstalled, active_state: activeState, unit_file: unitFile };
    await invocation.print(sentenceView(data, sentence));
    if (activeState !== 'active') throw new ExitWith(ExitCode.unavailable);
  },
};

const install: CommandSpec = {
  name: 'install',
  description:
    'Run the node at every start of the machine, and now. Options of garrison node run become the service’s.',
  options: [
    option('--print', 'show the unit instead of installing it'),
    option('--confined', 'for hosts that are only looked at: commands change nothing outside --writable'),
    option('--user <user>', 'run the node, and its commands, as this user; default root'),
    option('--writable <dir>', 'with --confined: where commands may write; may come several times', collect),
    option('--no-start', 'install it and start it only with the machine'),
    ...runOptions(),
  ],
  examples: [
    ['garrison node service install --label region=eu', 'for the machine that joined before'],
    ['garrison node service install --print', 'read it first'],
    ['garrison node service install --confined --user garrison', 'a host that is only looked at'],
  ],
  run: async (invocation) => {
    const { unitText, runArguments } = await import('#daemon/service/unit-text.ts');
    const { installStartScripts, startProgram } = await import('#daemon/updates/start-program.ts');
    const { ownPackage } = await import('#runtime/own-package.ts');
    const options = { ...invocation.opts<InstallOptions>(), api: invocation.options.api };
    const { program } = options.print ? startProgram(ownPackage.root) : installStartScripts(ownPackage.root);
    const unit = unitText({
      program,
      arguments: runArguments(options),
      stateDir: options.stateDir,
      isConfined: options.confined === true,
      user: options.user,
      writable: options.writable ?? [],
    });
    if (options.print) return void invocation.terminal.stdout.write(unit);
    if (options.bundle === undefined) await requireJoined(options.stateDir, invocation);
    const { installService } = await import('#daemon/service/systemd-service.ts');
    const { unitFile } = installService(unit, { starts: options.start });
    const done = options.start ? 'the service is installed and started' : 'the service is installed';
    await invocation.print(sentenceView({ installed: true, unit_file: unitFile }, `${done} (${unitFile})`));
  },
};

/** A service that has nothing to be would only fail and be started again, every five seconds. */
async function requireJoined(stateDir: string | undefined, { terminal }: Invocation): Promise<void> {
  const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
  const { describeNode } = await import('#daemon/state-dir/describe-node.ts');
  const directory = stateDirAt(stateDir ?? defaultStateDir(terminal.env));
  if (describeNode(directory).state !== 'not_joined') return;
  throw new CliError(`this machine has not joined: there is no node in ${directory.path}`, {
    exitCode: ExitCode.usage,
    advice: 'Join first: garrison node join KEY. garrison keys create makes a key, on the controller.',
  });
}

export const service: CommandSpec = {
  name: 'service',
  description: 'The node as a service of systemd.',
  examples: [['garrison node service install', 'run at every start of the machine']],
  commands: [install, uninstall, serviceStatus],
};
