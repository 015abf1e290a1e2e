import type { SelfUpdateFields } from '#client/edge-admin/wire.ts';
import { CliError, ExitWith } from '../../cli-error.ts';
import { type CommandSpec, option, requiredOption } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import { TARGET_HELP } from '../../help.ts';
import { sentenceView } from '../../output/print-view.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { pair, repeated } from '../../parse/read-pairs.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';
import { resolveMembers } from '../../resolve-target.ts';
import { readTargeting, type TargetingOptions } from '../commands/targeting.ts';
import { watchUpdate } from './watch-update.ts';

interface WaveOptions {
  readonly batch?: number;
  readonly canary?: number;
  readonly soak?: number;
  readonly healthGate?: boolean;
  readonly stopAfter?: number;
  readonly within?: number;
}

interface Options extends TargetingOptions, WaveOptions {
  readonly to?: string;
  readonly wait?: boolean;
}

export const create: CommandSpec = {
  name: 'create',
  description: 'Ask healthy nodes that let themselves be updated to go to another version: all at once, or in waves.',
  options: [
    requiredOption('--on <target>', 'where, as in garrison run: all, web-[1-3], tags=web …; may be repeated', repeated),
    option('--filter <field=value>', 'only nodes that match, such as version=0.1.*; may be repeated', pair),
    option('--cluster-filter <field=value>', 'only clusters that match; may be repeated', pair),
    option('--to <version>', 'version of a published release (default: the newest)'),
    option('--batch <count>', 'in waves of so many nodes', wholeNumber(1)),
    option('--canary <percent>', 'share of the nodes that the first wave has', wholeNumber(1)),
    option('--soak <time>', 'how long a wave rests before the next begins', readDuration),
    option('--health-gate', 'the next wave waits until the updated nodes are healthy'),
    option('--stop-after <count>', 'start no further wave once so many nodes have failed (default: 1)', wholeNumber(1)),
    option('--within <time>', 'nodes whose turn has not come by then are not asked (default: 24h)', readDuration),
    option('--wait', 'wait until every node runs the version or has failed; Ctrl-C leaves'),
  ],
  examples: [
    ['garrison updates create --on all --wait', 'the newest release, everywhere at once'],
    ['garrison updates create --on tags=web --to 0.2.0 --batch 5 --canary 1 --soak 10m --health-gate', 'carefully'],
  ],
  help: TARGET_HELP,
  run: async (invocation) => {
    const options = invocation.opts<Options>();
    const waves = readWaves(options);
    const targeting = await readTargeting(options, {
      node: (name) => resolveNodeUuid(invocation, name),
      members: async (target) => resolveMembers(await invocation.edgeFleet(), target),
    });
    const client = await invocation.edgeAdmin();
    const update = await client.createSelfUpdate({
      targeting,
      ...(options.to !== undefined && { version: options.to }),
      ...(waves !== undefined && { waves }),
    });
    if (options.wait) throw new ExitWith(await watchUpdate(invocation, update.id));
    await invocation.print(sentenceView(update, update.id));
    invocation.note(`garrison updates watch ${update.id} shows how it goes`);
  },
};

function readWaves(options: WaveOptions): SelfUpdateFields['waves'] {
  const { batch, canary, soak, healthGate, stopAfter, within } = options;
  const care = {
    ...(canary !== undefined && { canary_percent: canary }),
    ...(soak !== undefined && { soak_seconds: Math.ceil(soak / 1_000) }),
    ...(healthGate && { health_gate: true }),
    ...(stopAfter !== undefined && { stop_after: stopAfter }),
    ...(within !== undefined && { within_seconds: Math.ceil(within / 1_000) }),
  };
  if (batch !== undefined) return { batch, ...care };
  if (Object.keys(care).length === 0) return undefined;
  throw new CliError('waves need --batch: how many nodes each of them has', { exitCode: ExitCode.usage });
}
