import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { invokeAndFollow } from '#client/edge-fleet/follow-run.ts';
import type { FleetEvent, InvokeRequest, Target } from '#client/edge-fleet/wire.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { CliError, ExitWith } from '../../cli-error.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { resolveTarget } from '../../resolve-target.ts';
import { lookUpNames, NodeNames } from '../../watch/node-names.ts';
import { reporterFor } from '../../watch/reporter-for.ts';
import type { ReportOptions } from '../../watch/run-reporter.ts';
import { watchRun } from '../../watch/watch-run.ts';
import type { StandardInput, ToolOrder } from './order.ts';
import { type RunOptions, readPolicy } from './run-options.ts';

/** Gives the order to the target and watches it. Always ends by throwing the exit code, or what went wrong. */
export async function runOnFleet(
  invocation: Invocation,
  order: ToolOrder,
  options: RunOptions & Pick<ReportOptions, 'transfers'>,
): Promise<never> {
  const shorthand = parseTarget(options.on.join(' '));
  const client = await invocation.edgeFleet();
  const target = await resolveTarget(client, shorthand);
  const request: InvokeRequest = { target, ...order, policy: readPolicy(options) };
  if (options.detach) return startAndLeave(invocation, client, request);
  throw new ExitWith((await watchOnFleet(invocation, { client, request }, options)).exitCode);
}

interface StartedRun {
  readonly client: EdgeFleetClient;
  readonly request: InvokeRequest;
}

/** @param onEvent is told everything that whoever watches is told */
export async function watchOnFleet(
  invocation: Invocation,
  { client, request }: StartedRun,
  options: Partial<RunOptions> & Pick<ReportOptions, 'transfers'>,
  onEvent: (event: FleetEvent) => void = () => {},
): Promise<{ readonly exitCode: ExitCode; readonly names: NodeNames }> {
  const names = namesOf(client, request.target);
  const exitCode = await watchRun({
    client,
    terminal: invocation.terminal,
    reporter: await reporterFor(invocation, { ...options, policy: request.policy }, client),
    async *events(follow) {
      for await (const event of invokeAndFollow(client, request, follow)) {
        onEvent(event);
        yield event;
      }
    },
    names,
    onInterrupt: 'cancel',
  });
  return { exitCode, names: await names };
}

export function standardInput(invocation: Invocation): StandardInput {
  const { terminal } = invocation;
  return {
    isGiven: terminal.hasStdin,
    read: () => terminal.readStdin(),
    warnUnread: () => invocation.note('standard input is not passed on to the nodes; --stdin does that'),
  };
}

/** The stream names nodes by id only; the names are asked for beside the order, not before it. */
async function namesOf(client: EdgeFleetClient, target: Target): Promise<NodeNames> {
  try {
    const { resolved, skipped } = await client.preview(target);
    const others = await lookUpNames(
      client,
      skipped.map((one) => one.node_id),
    );
    return new NodeNames([...resolved, ...skipped.map(({ node_id }) => ({ node_id, name: others.of(node_id) }))]);
  } catch {
    return new NodeNames([]); // the order itself says what is wrong; a name is a courtesy
  }
}

async function startAndLeave(invocation: Invocation, client: EdgeFleetClient, request: InvokeRequest): Promise<never> {
  const leaving = new AbortController();
  try {
    const { runId, events } = await client.invoke(request, leaving.signal);
    for await (const event of events) {
      if (event.event === 'error') {
        throw new CliError(event.data.message ?? `nothing was run: ${event.data.reason}`, {
          exitCode: event.data.reason === 'RequireMinNotSatisfied' ? ExitCode.floor : ExitCode.unavailable,
        });
      }
      if (event.event !== 'fleet_started' || event.data.targets_resolved.length === 0) continue;
      const id = event.data.fleet_command_id;
      await invocation.print(sentenceView({ ...event.data }, id));
      invocation.note(`garrison runs output ${id} shows it`);
      throw new ExitWith(ExitCode.ok);
    }
    throw new CliError(`no connected node matches (run ${runId})`, { exitCode: ExitCode.unavailable });
  } finally {
    leaving.abort();
  }
}
