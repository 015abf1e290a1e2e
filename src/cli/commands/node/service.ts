import type { Command } from 'commander';
import { ExitWith } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { collect } from './node-options.ts';
import { addRunOptions, type RunNodeOptions } from './run.ts';

interface InstallOptions extends RunNodeOptions {
  readonly print?: boolean;
  readonly confined?: boolean;
  readonly user?: string;
  readonly writable?: string[];
  readonly start: boolean;
}

export function addService(node: Command, terminal: Terminal): void {
  const service = node.command('service').description('The node as a service of systemd.');
  addInstall(service, terminal);
  addUninstall(service, terminal);
  addServiceStatus(service, terminal);
  addExamples(service, [['garrison node service install', 'run at every start of the machine']]);
}

function addUninstall(service: Command, terminal: Terminal): void {
  const command = service
    .command('uninstall')
    .description('Stop the service and remove it. What the node keeps is left alone.')
    .action(
      act(terminal, async (invocation) => {
        const { uninstallService } = await import('#daemon/service/systemd-service.ts');
        uninstallService();
        await invocation.print(sentenceView({ installed: false }, 'the service is removed'));
      }),
    );
  addExamples(command, [['garrison node service uninstall', 'the machine stays joined']]);
}

function addServiceStatus(service: Command, terminal: Terminal): void {
  const command = service
    .command('status')
    .description('Whether the service is installed and runs. Exits with 5 when it does not.')
    .action(
      act(terminal, async (invocation) => {
        const { serviceStatus } = await import('#daemon/service/systemd-service.ts');
        const { isInstalled, activeState, unitFile } = serviceStatus();
        const sentence = isInstalled ? `the service is ${activeState} (${unitFile})` : 'the service is not installed';
        const data = { installed: isInstalled, active_state: activeState, unit_file: unitFile };
        await invocation.print(sentenceView(data, sentence));
        if (activeState !== 'active') throw new ExitWith(ExitCode.unavailable);
      }),
    );
  addExamples(command, [['garrison node service status', 'what systemd says of it']]);
}

function addInstall(service: Command, terminal: Terminal): void {
  const command = service
    .command('install')
    .description(
      'Run the node at every start of the machine, and now. Options of garrison node run become the service’s.',
    )
    .option('--print', 'show the unit instead of installing it')
    .option('--confined', 'for hosts that are only looked at: commands change nothing outside --writable')
    .option('--user <user>', 'run the node, and its commands, as this user; default root')
    .option('--writable <dir>', 'with --confined: where commands may write; may come several times', collect)
    .option('--no-start', 'install it and start it only with the machine');
  addRunOptions(command).action(
    act(terminal, async (invocation) => {
      const { unitText, runArguments } = await import('#daemon/service/unit-text.ts');
      const options = { ...invocation.opts<InstallOptions>(), api: invocation.options.api };
      const unit = unitText({
        arguments: runArguments(options),
        stateDir: options.stateDir,
        isConfined: options.confined === true,
        user: options.user,
        writable: options.writable ?? [],
      });
      if (options.print) return void terminal.stdout.write(unit);
      const { installService } = await import('#daemon/service/systemd-service.ts');
      const { unitFile } = installService(unit, { starts: options.start });
      const done = options.start ? 'the service is installed and started' : 'the service is installed';
      await invocation.print(sentenceView({ installed: true, unit_file: unitFile }, `${done} (${unitFile})`));
    }),
  );
  addExamples(command, [
    ['garrison node service install --label region=eu', 'for the machine that joined before'],
    ['garrison node service install --print', 'read it first'],
    ['garrison node service install --confined --user garrison', 'a host that is only looked at'],
  ]);
}
