import { setTimeout as delay } from 'node:timers/promises';
import { Commits } from '#core/executions/commits.ts';
import { ExecutionWriter, type ExecutionWriterOptions } from '#core/executions/execution-writer.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import { SessionRegistry, type SessionRegistryParts } from '#core/sessions/session-registry.ts';
import { closeFormerSessions, closeOrphanedSessions } from '#core/sessions/store.ts';
import type { ControllerConfig } from '../config.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';
import type { ControllerTelemetry } from './telemetry.ts';

export interface SessionsNeeds
  extends Pick<Base, 'log' | 'onFailure'>,
    Pick<SessionRegistryParts, 'db' | 'bus' | 'clock' | 'controllerId' | 'peers'> {
  readonly config: Pick<ControllerConfig, 'outputLimitBytes' | 'dispatchLogLimitBytes'>;
  readonly secrets: { readonly sealer: Pick<Sealer, 'open'> };
  readonly telemetry: Pick<ControllerTelemetry, 'observesBatches'>;
  /** Other than the defaults, so that a test need not wait. */
  readonly timing?: Pick<SessionRegistryParts, 'farewell' | 'pulseEveryMs'> & {
    readonly backoff?: ExecutionWriterOptions['backoff'];
  };
}

export type SessionsPart = Awaited<ReturnType<typeof startSessions>>;

/** What nodes are told when the controller stops. */
const FAREWELL = { afterMs: 500, spreadMs: 2_000, reason: 'the controller is stopping', isElsewhere: true };

/** The streams of nodes, and the writer of what they say. Sessions of a former life are closed before the first opens. */
export async function startSessions(stack: ServiceStack, needs: SessionsNeeds) {
  const { db, bus, clock, controllerId, peers, config, secrets, log, onFailure, telemetry, timing = {} } = needs;
  await db.transaction((tx) => closeFormerSessions(tx, controllerId));
  await db.transaction((tx) => closeOrphanedSessions(tx, controllerId));
  const commits = new Commits();
  const { backoff = fullJitter, ...pace } = timing;
  const writer = new ExecutionWriter({
    db,
    commits,
    backoff,
    onFailure: (error) => log.warn({ err: error }, 'what nodes said could not be stored; it will be tried again'),
    observeBatch: telemetry.observesBatches('executions'),
  });
  const sessions = new SessionRegistry({
    db,
    bus,
    clock,
    controllerId,
    peers,
    writer,
    commits,
    sealer: secrets.sealer,
    outputLimitBytes: config.outputLimitBytes,
    outputLimitByTool: { 'agent.run': config.dispatchLogLimitBytes },
    onFailure,
    farewell: FAREWELL,
    ...pace,
  });
  await stack.start('execution writer', writer);
  await stack.start('sessions', sessions);
  return { commits, writer, sessions };
}

function fullJitter(attempt: number, signal: AbortSignal): Promise<void> {
  return delay(Math.random() * Math.min(5_000, 50 * 2 ** attempt), undefined, { signal });
}
