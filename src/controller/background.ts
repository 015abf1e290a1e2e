import { join } from 'node:path';
import type { KeyUseRecorder } from '#core/access/key-use-recorder.ts';
import type { AuditKeys } from '#core/audit/audit-keys.ts';
import { warnOfEnding } from '#core/certificates/warn-of-ending.ts';
import { pruneExecutions } from '#core/commands/prune-executions.ts';
import { type DatabaseClock, NOTABLE_SKEW_MS } from '#core/controllers/database-clock.ts';
import { endFrozenSessions } from '#core/controllers/end-frozen-sessions.ts';
import { writeAssignments } from '#core/controllers/sharding-store.ts';
import { readAssignments } from '#core/controllers/sharding-topology.ts';
import type { DayTables } from '#core/days/day-tables.ts';
import { dropDays } from '#core/days/drop-days.ts';
import { forgetWaitingNodes } from '#core/enrolment/waiting-nodes.ts';
import { boundOutput } from '#core/executions/bound-output.ts';
import type { IdempotencyStore } from '#core/idempotency/idempotency-store.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { MetricsWriter } from '#core/metrics/metrics-writer.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { tellHealthChanges } from '#core/nodes/tell-health-changes.ts';
import { tellStatusChanges } from '#core/outposts/tell-status-changes.ts';
import { forgetOldRuns } from '#core/runs/forget-old-runs.ts';
import { sealOldArguments } from '#core/runs/seal-old-arguments.ts';
import { closeOrphanedSessions } from '#core/sessions/store.ts';
import type { Log } from '#runtime/log.ts';
import { Reconciler, type ReconcilerOptions } from '#runtime/reconciler.ts';
import { AuditCheckpoints } from './audit/audit-checkpoints.ts';
import type { ControllerConfig } from './config.ts';
import type { DiskSpace } from './disk-space.ts';
import { secretArguments } from './tool-catalogue.ts';

export interface BackgroundParts {
  readonly db: Database;
  readonly clock: DatabaseClock;
  readonly controllerId: ControllerId;
  readonly config: ControllerConfig;
  readonly log: Log;
  readonly idempotency: IdempotencyStore;
  readonly keyUses: KeyUseRecorder;
  readonly metrics: MetricsWriter;
  readonly days: DayTables;
  readonly secrets: { readonly auditKeys: AuditKeys };
  readonly sealer: Sealer;
  readonly disk: Pick<DiskSpace, 'look'>;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/**
 * What has to be looked at again and again. Every controller runs every pass; passes that write do so conditionally or
 * behind a lock, so that several doing the same is once.
 */
export function backgroundPasses({
  db,
  clock,
  controllerId,
  config,
  log,
  idempotency,
  keyUses,
  metrics,
  days,
  secrets,
  sealer,
  disk,
}: BackgroundParts): Reconciler[] {
  const pass = (name: string, everyMs: number, reconcile: ReconcilerOptions['reconcile']) =>
    new Reconciler({
      name,
      everyMs,
      reconcile,
      onFailure: (error) => log.warn({ err: error, pass: name }, 'a background pass failed; it will be tried again'),
    });
  const keptFrom = () => new Date(clock.millis() - config.retentionDays * 24 * HOUR);
  const retentionMs = config.executionRetentionDays * 24 * HOUR;
  const file = config.auditCheckpointFile ?? join(config.dataDir, 'audit-checkpoint.json');
  const checkpoints = new AuditCheckpoints({ db, keys: secrets.auditKeys, clock, log, file });
  return [
    pass('sessions of dead controllers', 5 * SECOND, async () => {
      const closed = await db.transaction((tx) => closeOrphanedSessions(tx, controllerId));
      if (closed > 0) log.warn({ sessions: closed }, 'sessions of a controller that is gone were closed');
    }),
    pass('transactions that stand still', SECOND, async () => {
      const ended = await endFrozenSessions(db);
      if (ended > 0)
        log.warn(
          { sessions: ended },
          'a controller stands still in the middle of a statement: its locks were taken from it',
        );
    }),
    pass('clock of this machine', 600 * SECOND, async () => {
      const { skewMs } = clock;
      if (Math.abs(skewMs) < NOTABLE_SKEW_MS) return;
      log.warn(
        { skewMs, here: new Date().toISOString(), database: clock.now().toISOString() },
        'the clock of this machine and that of the database are apart; the database’s is used, set this one (NTP)',
      );
    }),
    pass('clusters over controllers', 3 * SECOND, async () => {
      const { controllerOf } = await readAssignments(db, clock);
      await writeAssignments(db, controllerOf);
    }),
    pass('health of nodes', 5 * SECOND, async () => {
      await tellHealthChanges({ db, clock }, { staleAfterMs: STALE_AFTER_MS });
    }),
    pass('warnings of ending certificates', HOUR, async () => void (await warnOfEnding({ db, clock }))),
    pass('statuses of outposts', 15 * SECOND, async () => {
      await tellStatusChanges({ db, clock, inactiveAfterMs: config.outpostInactiveAfterMs });
    }),
    pass('room on the disk', 10 * SECOND, () => disk.look()),
    pass('heads of the audit log', config.auditCheckpointIntervalMs, () => checkpoints.pass()),
    pass('nodes that wait', HOUR, () => forgetWaitingNodes(db)),
    pass('kept answers', HOUR, async () => void (await idempotency.forgetOld())),
    pass('figures of nodes', SECOND, () => metrics.flush()),
    pass('uses of keys', 30 * SECOND, () => keyUses.flush()),
    pass('days of output and events', 600 * SECOND, async (signal) => {
      await days.make();
      await dropDays(db, keptFrom(), signal);
    }),
    pass('kept output of tenants', 60 * SECOND, (signal) => boundOutput(db, config.quotaKeptOutputBytes, signal)),
    pass('arguments in the clear', HOUR, async (signal) => {
      const sealed = await sealOldArguments({ db, sealer, secretArguments }, signal);
      if (sealed > 0) log.info({ runs: sealed }, 'secret arguments of earlier runs were sealed');
    }),
    pass('old runs and events', HOUR, (signal) => forgetOldRuns(db, keptFrom(), signal)),
    ...(config.executionPruningEnabled
      ? [
          pass('old executions', HOUR, async (signal) => {
            await pruneExecutions({ db, clock }, { retentionMs, signal });
          }),
        ]
      : []),
  ];
}
