import { makeEvents, startEvents } from '#controller/parts/events.ts';
import { makeTelemetry } from '#controller/parts/telemetry.ts';
import { ServiceStack } from '#controller/service-stack.ts';
import { type Clock, systemClock } from '#core/kernel/clock.ts';
import { type ControllerId, newId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import { silentLog } from '#runtime/log.ts';

/** The delivery of events as a controller has it, to receivers on this machine. */
export async function startTestEvents(db: Database, sealer: Sealer, options: TestEventsOptions = {}) {
  const stack = new ServiceStack(silentLog);
  const errors: unknown[] = [];
  const needs = needsOf(db, sealer, errors, options);
  const deps = await startEvents(stack, needs);
  return { deps, errors, telemetry: needs.telemetry, stop: () => stack.stop() };
}

/** For what only has to be put together: nothing is delivered. */
export function unstartedEvents(db: Database, sealer: Sealer) {
  return makeEvents(needsOf(db, sealer, []));
}

export interface TestEventsOptions {
  readonly clock?: Clock;
  readonly webhookMaxAttempts?: number;
  readonly webhookPauseAfterMs?: number;
}

function needsOf(
  db: Database,
  sealer: Sealer,
  errors: unknown[],
  { clock = systemClock, ...settings }: TestEventsOptions = {},
) {
  const config = {
    ...{ coreName: 'default', eventSource: 'urn:test', eventMaxAgeSeconds: 3_600 },
    ...{ webhookMaxAttempts: 3, webhookAllowPrivateIps: true, webhookPauseAfterMs: 86_400_000 },
    ...settings,
  };
  return {
    ...{ db, sealer, clock, log: silentLog },
    config: config as never, // all that it reads
    controllerId: newId<ControllerId>(),
    telemetry: makeTelemetry(),
    onFailure: (error: unknown) => void errors.push(error),
  };
}
