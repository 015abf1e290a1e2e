import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { FollowOptions } from '#client/edge-fleet/follow-run.ts';
import type { FleetEvent } from '#client/edge-fleet/wire.ts';
import { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { lookUpNames, type NodeNames } from './node-names.ts';
import type { RunReporter } from './run-reporter.ts';
import { RunTally } from './run-tally.ts';

export interface Watch {
  readonly client: EdgeFleetClient;
  readonly terminal: Terminal;
  readonly reporter: RunReporter;
  readonly events: (options: FollowOptions) => AsyncGenerator<FleetEvent, void, void>;
  /** Names that are being looked up already; else they are looked up once the targets are known. */
  readonly names?: Promise<NodeNames>;
  /** What Ctrl-C does: `cancel` the run and then leave it, or just `leave`. */
  readonly onInterrupt: 'cancel' | 'leave';
}

/**
 * Watches a run to its end and tells it. The first Ctrl-C cancels the run and goes on watching, because the nodes take
 * a moment to end their processes; the second leaves.
 */
export async function watchRun(watch: Watch): Promise<ExitCode> {
  const { client, terminal, reporter } = watch;
  const leaving = new AbortController();
  const tally = new RunTally();
  const cancelling = new Cancelling(client, reporter, leaving);
  const stopListening = terminal.onInterrupt(() => {
    if (watch.onInterrupt === 'leave') leaving.abort();
    else cancelling.ask();
  });
  let names: NodeNames | undefined;
  try {
    const follow: FollowOptions = {
      signal: leaving.signal,
      output: reporter.needsOutput ? undefined : 'none',
      onRunId: (runId: string) => cancelling.learnRunId(runId),
      onLost: (why: string) => reporter.lost(why),
    };
    for await (const event of watch.events(follow)) {
      tally.apply(event);
      names ??= await namesFor(watch, tally);
      reporter.tell(event, tally, names);
    }
    await reporter.end(tally, names ?? (await namesFor(watch, tally)), leaving.signal);
    return tally.exitCode;
  } catch (error) {
    await reporter.end(tally, names ?? (await namesFor(watch, tally)), leaving.signal);
    if (!leaving.signal.aborted) throw error;
    if (watch.onInterrupt === 'cancel')
      reporter.say(`left; garrison runs show ${tally.runId ?? 'ID'} tells how it ended`);
    return watch.onInterrupt === 'cancel' ? ExitCode.cancelled : ExitCode.ok;
  } finally {
    stopListening();
    leaving.abort();
  }
}

async function namesFor({ client, names }: Watch, { targets, skipped }: RunTally): Promise<NodeNames> {
  return (await names) ?? lookUpNames(client, [...targets, ...skipped.map((one) => one.node_id)]);
}

/** Asks once, as soon as the id of the run is known; asked again, it leaves. */
class Cancelling {
  readonly #client: EdgeFleetClient;
  readonly #reporter: RunReporter;
  readonly #leaving: AbortController;
  #runId: string | undefined;
  #isAsked = false;

  constructor(client: EdgeFleetClient, reporter: RunReporter, leaving: AbortController) {
    this.#client = client;
    this.#reporter = reporter;
    this.#leaving = leaving;
  }

  ask(): void {
    if (this.#isAsked) {
      this.#leaving.abort();
      return;
    }
    this.#isAsked = true;
    this.#reporter.say('cancelling … (Ctrl-C again leaves)');
    if (this.#runId !== undefined) this.#cancel(this.#runId);
  }

  learnRunId(runId: string): void {
    this.#runId = runId;
    if (this.#isAsked) this.#cancel(runId);
  }

  #cancel(runId: string): void {
    this.#client
      .cancel(runId)
      .catch((error: Error) => this.#reporter.say(`it could not be cancelled: ${error.message}`));
  }
}
