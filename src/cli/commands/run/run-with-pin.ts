import { ApiError } from '#client/api-error.ts';
import type { Targeting } from '#client/edge-admin/wire.ts';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { followRun } from '#client/edge-fleet/follow-run.ts';
import type { OrderPreview, Target, TargetChanged } from '#client/edge-fleet/wire.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { ExitWith } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { foldNames } from '../../output/fold-names.ts';
import { sentenceView, type View } from '../../output/print-view.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { reporterFor } from '../../watch/reporter-for.ts';
import { watchRun } from '../../watch/watch-run.ts';
import type { ToolOrder } from './order.ts';
import { type PinOptions, type RunOptions, readPolicy } from './run-options.ts';

/** Shows what the order would do, and its pin. Ends like a run whose target or floor is not met. */
export async function previewOnFleet(
  invocation: Invocation,
  order: ToolOrder,
  options: RunOptions & PinOptions,
): Promise<void> {
  const client = await invocation.edgeFleet();
  const on = await whereOf(client, options);
  const preview = await client.previewOrder({ on, ...order, policy: readPolicy(options) });
  await invocation.print(viewOf(preview));
  if (preview.is_below_floor) throw new ExitWith(ExitCode.floor);
  if (preview.target_count === 0) throw new ExitWith(ExitCode.unavailable);
}

async function whereOf(client: EdgeFleetClient, { on, targeting }: RunOptions & PinOptions): Promise<Target> {
  if (targeting !== undefined) return { Targeting: targeting as unknown as Targeting }; // the controller says whether it is one
  return resolveTarget(client, parseTarget(on.join(' ')));
}

/** Runs what was previewed and watches it. Where other nodes are meant by now, nothing runs, and they are shown with another pin. */
export async function runWithPin(
  invocation: Invocation,
  pin: string,
  options: Pick<RunOptions, 'fold' | 'quiet' | 'events' | 'detach'>,
): Promise<never> {
  const client = await invocation.edgeFleet();
  const started = await client.startWithPin(pin).catch((error: unknown) => tellChange(invocation, error));
  const { fleet_command_id: id, is_repeated } = started;
  if (is_repeated) invocation.note(`this pin has started ${id} before; it is not run again`);
  if (options.detach) {
    await invocation.print(sentenceView(started, id));
    throw new ExitWith(ExitCode.ok);
  }
  const exitCode = await watchRun({
    client,
    terminal: invocation.terminal,
    reporter: await reporterFor(invocation, options, client),
    events: (follow) => followRun(client, id, follow),
    onInterrupt: is_repeated ? 'leave' : 'cancel',
  });
  throw new ExitWith(exitCode);
}

async function tellChange(invocation: Invocation, error: unknown): Promise<never> {
  if (!(error instanceof ApiError) || error.code !== 'target_changed') throw error;
  const { detail, preview } = error.body as TargetChanged; // what this code comes with
  invocation.note(detail);
  await invocation.print(viewOf(preview));
  throw new ExitWith(ExitCode.conflict);
}

function viewOf(preview: OrderPreview): View {
  return { data: preview, text: () => `${linesOf(preview).join('\n')}\n` };
}

function linesOf(preview: OrderPreview): string[] {
  const { targets, target_count, skipped, skipped_count, last_failures, also_running } = preview;
  const shown = targets.length < target_count ? ' …' : '';
  return [
    `${preview.command.split('\n')[0]}`,
    `on ${target_count} nodes: ${foldNames(targets.map(({ name }) => name))}${shown}`,
    ...skipped.map(({ name, reason }) => `skipped ${name}: ${reason}`),
    ...(skipped.length < skipped_count ? [`skipped ${skipped_count - skipped.length} more`] : []),
    ...(preview.is_below_floor ? ['fewer than required: nothing would run'] : []),
    ...(preview.approval === null
      ? []
      : [`waits for ${preview.approval === 'other' ? 'another person' : 'somebody'} to approve it`]),
    ...last_failures.map(
      ({ name, tool, outcome, exit_code, run_id }) =>
        `last failure on ${name}: ${tool} ${outcome}${exit_code === null ? '' : ` (exit ${exit_code})`} in ${run_id}`,
    ),
    ...also_running.map(
      ({ run_id, command, tool, host_count, caller }) =>
        `also running on ${host_count} of them: ${command ?? tool} (${run_id}, ${caller ?? 'unknown'})`,
    ),
    `pin ${preview.pin}`,
    `until ${preview.expires_at}: garrison run --pin PIN`,
  ];
}
