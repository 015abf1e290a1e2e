import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { untilStopped } from '../../until-stopped.ts';

interface Options {
  readonly service?: string;
  readonly releaseKey?: string;
  readonly within: number;
  readonly wait: number;
  readonly oneWay?: boolean;
}

const RESTART_MS = 120_000;
const DEFAULT_WITHIN_MS = 120_000;
const DEFAULT_WAIT_MS = 900_000;

export const update: CommandSpec = {
  name: 'update',
  description:
    'Bring the controller of this machine to another release, and back when it does not become ready. Run by whoever may write beside the releases; options of garrison controller say which controller is meant.',
  arguments: [argument('<bundle>', 'the full release as .tar.gz, with BUNDLE.minisig beside it')],
  options: [
    option('--service <name>', 'the service of systemd that is the controller; default: it runs with --supervised'),
    option('--release-key <file>', 'pin this public key, where none is pinned yet'),
    option('--within <time>', 'how long the new release may take until it is ready', readDuration, DEFAULT_WITHIN_MS),
    option('--wait <time>', 'how long to wait while another controller is updated', readDuration, DEFAULT_WAIT_MS),
    option('--one-way', 'also when the release changes the schema so that only a backup leads back'),
  ],
  examples: [
    [
      '/opt/garrison/current/bin/garrison controller update garrison-0.2.0-linux-x64.tar.gz --service garrison-controller',
      'on each machine, in any order: they wait for each other',
    ],
    ['garrison controller update garrison-0.2.0-linux-x64.tar.gz --data-dir /srv/garrison', 'of that data directory'],
  ],
  run: async (invocation, bundle: string) => {
    const { service, releaseKey, within, wait, oneWay, ...rest } = invocation.opts<Options>();
    const { updateController } = await import('#controller/update/update-controller.ts');
    const done = await updateController({
      bundle,
      flags: { ...invocation.options, ...rest },
      env: process.env,
      releaseKey,
      readyWithinMs: within,
      turnWithinMs: wait,
      isOneWay: oneWay === true,
      restartService: service === undefined ? undefined : () => restart(service),
      tell: (what) => invocation.note(what),
      signal: untilStopped(),
    });
    const { version, previousVersion, isChanged } = done;
    const said = isChanged
      ? `the controller runs ${version}; it was ${previousVersion}`
      : `the controller runs ${version} already`;
    await invocation.print(sentenceView({ version, previous_version: previousVersion, changed: isChanged }, said));
  },
};

async function restart(service: string): Promise<void> {
  await promisify(execFile)('systemctl', ['restart', '--', service], { timeout: RESTART_MS });
}
