/**
 * What has to be looked at again and again, each with how often, and on how many controllers: a table.
 *
 * A pass takes no input, so that its timer and a nudge do the same. It does nothing twice: what it writes it writes
 * conditionally or behind a lock, so `one controller` saves work and is no promise. That one is the first by name
 * (`Topology.weakLeader`); for a moment there may be two, and after its end nobody until its lease is over.
 */
import { type DecideDeps, endOverdueApprovals } from '#core/approvals/decide-approval.ts';
import { removeExpiredArtifacts } from '#core/artifacts/remove-artifacts.ts';
import { warnOfEnding } from '#core/certificates/warn-of-ending.ts';
import { pruneExecutions } from '#core/commands/prune-executions.ts';
import { NOTABLE_SKEW_MS } from '#core/controllers/database-clock.ts';
import { endFrozenSessions } from '#core/controllers/end-frozen-sessions.ts';
import { writeAssignments } from '#core/controllers/sharding-store.ts';
import { readAssignments } from '#core/controllers/sharding-topology.ts';
import { dropDays, dropMetricsDays } from '#core/days/drop-days.ts';
import { forgetOldDispatches } from '#core/dispatches/forget-old-dispatches.ts';
import { forgetWaitingNodes } from '#core/enrolment/waiting-nodes.ts';
import { skipToHorizon } from '#core/events/cursor-store.ts';
import { forgetSubjects } from '#core/events/forget-subjects.ts';
import { boundOutput } from '#core/executions/bound-output.ts';
import type { ControllerId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import { HISTORY } from '#core/metrics/history-point.ts';
import { keepHistory } from '#core/metrics/keep-history.ts';
import { STALE_AFTER_MS } from '#core/nodes/presence.ts';
import { tellHealthChanges } from '#core/nodes/tell-health-changes.ts';
import { tellStatusChanges } from '#core/outposts/tell-status-changes.ts';
import { forgetOldRuns } from '#core/runs/forget-old-runs.ts';
import { sealOldArguments } from '#core/runs/seal-old-arguments.ts';
import { closeOrphanedSessions } from '#core/sessions/store.ts';
import { settleSessions } from '#core/terminals/settle-sessions.ts';
import type { ControllerConfig } from '../config.ts';
import { secretArguments } from '../tool-catalogue.ts';
import type { AccessPart } from './access.ts';
import type { ArtifactsPart } from './artifacts.ts';
import type { Base } from './base.ts';
import type { EnginePart } from './engine.ts';
import type { NodesPart } from './nodes.ts';
import type { StoragePart } from './storage.ts';

export interface PassNeeds
  extends Base,
    StoragePart,
    AccessPart,
    Pick<NodesPart, 'metrics'>,
    Pick<EnginePart, 'updates'>,
    Pick<ArtifactsPart, 'artifacts'> {
  readonly controllerId: ControllerId;
  readonly sealer: Sealer;
  readonly held: DecideDeps['held'];
}

export interface BackgroundPass {
  /** From the end of one run to the beginning of the next. */
  readonly everyMs: number | ((config: ControllerConfig) => number);
  readonly runsOn: 'every controller' | 'one controller';
  /** Why there. */
  readonly because: string;
  run(needs: PassNeeds, signal: AbortSignal): Promise<void>;
}

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

export const PASSES = {
  'sessions of dead controllers': {
    everyMs: 5 * SECOND,
    runsOn: 'every controller',
    because: 'the one that is chosen may be the one that died',
    async run({ db, controllerId, log }) {
      const closed = await db.transaction((tx) => closeOrphanedSessions(tx, controllerId));
      if (closed > 0) log.warn({ sessions: closed }, 'sessions of a controller that is gone were closed');
    },
  },
  'transactions that stand still': {
    everyMs: SECOND,
    runsOn: 'every controller',
    because: 'the one that is chosen may be the one that stands still',
    async run({ db, log }) {
      const ended = await endFrozenSessions(db);
      if (ended > 0)
        log.warn(
          { sessions: ended },
          'a controller stands still in the middle of a statement: its locks were taken from it',
        );
    },
  },
  'clock of this machine': {
    everyMs: 600 * SECOND,
    runsOn: 'every controller',
    because: 'each has a clock of its own',
    async run({ clock, log }) {
      const { skewMs } = clock;
      if (Math.abs(skewMs) < NOTABLE_SKEW_MS) return;
      log.warn(
        { skewMs, here: new Date().toISOString(), database: clock.now().toISOString() },
        'the clock of this machine and that of the database are apart; the database’s is used, set this one (NTP)',
      );
    },
  },
  'clusters over controllers': {
    everyMs: 3 * SECOND,
    runsOn: 'every controller',
    because: 'who answers for a cluster is settled within seconds, also after the end of the first',
    async run({ db, clock }) {
      const { controllerOf } = await readAssignments(db, clock);
      await writeAssignments(db, controllerOf);
    },
  },
  'health of nodes': {
    everyMs: 5 * SECOND,
    runsOn: 'every controller',
    because: 'a change is told within seconds, also while one controller stands still',
    run: ({ db, clock }) => tellHealthChanges({ db, clock }, { staleAfterMs: STALE_AFTER_MS }).then(() => {}),
  },
  'warnings of ending certificates': {
    everyMs: HOUR,
    runsOn: 'one controller',
    because: 'it looks at every certificate, and an hour more or less is no matter',
    run: ({ db, clock }) => warnOfEnding({ db, clock }).then(() => {}),
  },
  'statuses of outposts': {
    everyMs: 15 * SECOND,
    runsOn: 'every controller',
    because: 'a change is told within seconds, also while one controller stands still',
    run: ({ db, clock, config }) =>
      tellStatusChanges({ db, clock, inactiveAfterMs: config.outpostInactiveAfterMs }).then(() => {}),
  },
  'room on the disk': {
    everyMs: 10 * SECOND,
    runsOn: 'every controller',
    because: 'each has a data directory of its own',
    run: ({ disk }) => disk.look(),
  },
  'heads of the audit log': {
    everyMs: (config) => config.auditCheckpointIntervalMs,
    runsOn: 'every controller',
    because: 'each keeps the heads on its own disk, so that one who rewrites the log has to reach all',
    run: ({ checkpoints }) => checkpoints.pass(),
  },
  'terminal sessions': {
    everyMs: 15 * SECOND,
    runsOn: 'every controller',
    because: 'the one that is chosen may be the one that died',
    run: ({ db, clock, config }) => settleSessions({ db, clock, forgetAfterMs: config.artifactRetentionDays * DAY }),
  },
  'nodes that wait': {
    everyMs: HOUR,
    runsOn: 'one controller',
    because: 'it deletes what is old in one table',
    run: ({ db }) => forgetWaitingNodes(db),
  },
  'self-updates': {
    everyMs: SECOND,
    runsOn: 'every controller',
    because: 'acceptance is told within a second, also while one controller stands still',
    run: ({ updates }) => updates.tell(),
  },
  'kept answers': {
    everyMs: HOUR,
    runsOn: 'one controller',
    because: 'it deletes what is old in one table',
    run: ({ idempotency }) => idempotency.forgetOld().then(() => {}),
  },
  'cursors without news': {
    everyMs: 60 * SECOND,
    runsOn: 'one controller',
    because: 'it keeps what is not for a destination from being looked through again and again',
    run: ({ db }) => skipToHorizon(db).then(() => {}),
  },
  'figures of nodes': {
    everyMs: SECOND,
    runsOn: 'every controller',
    because: 'each holds what its own nodes have told',
    run: ({ metrics }) => metrics.flush(),
  },
  'metrics over time': {
    everyMs: 60 * SECOND,
    runsOn: 'one controller',
    because: 'it reads what all nodes told in ten minutes; whoever comes second writes nothing',
    run: ({ db, clock }, signal) => keepHistory({ db, clock }, signal),
  },
  'uses of keys': {
    everyMs: 30 * SECOND,
    runsOn: 'every controller',
    because: 'each holds the uses that it has seen',
    run: ({ keyUses }) => keyUses.flush(),
  },
  'days of output and events': {
    everyMs: 600 * SECOND,
    runsOn: 'every controller',
    because: 'each says in its readiness that today has its tables',
    async run({ db, days, clock, config }, signal) {
      await days.make();
      await dropDays(db, keptFrom(clock, config), signal);
      await dropMetricsDays(db, new Date(clock.millis() - HISTORY.keptMs), signal);
    },
  },
  'kept output of tenants': {
    everyMs: 60 * SECOND,
    runsOn: 'every controller',
    because: 'the bound holds within a minute, also while one controller stands still',
    run: ({ db, config }, signal) => boundOutput(db, config.quotaKeptOutputBytes, signal),
  },
  'arguments in the clear': {
    everyMs: HOUR,
    runsOn: 'one controller',
    because: 'it reads every run; each row is sealed once',
    async run({ db, sealer, log }, signal) {
      const sealed = await sealOldArguments({ db, sealer, secretArguments }, signal);
      if (sealed > 0) log.info({ runs: sealed }, 'secret arguments of earlier runs were sealed');
    },
  },
  'approvals nobody decided about': {
    everyMs: 5 * SECOND,
    runsOn: 'every controller',
    because: 'what is held has to be let go of, whoever dies',
    async run({ db, held }) {
      await endOverdueApprovals({ db, held });
    },
  },
  'expired artifacts': {
    everyMs: HOUR,
    runsOn: 'every controller',
    because: 'each may keep bytes on a disk of its own',
    run: ({ artifacts }, signal) => removeExpiredArtifacts(artifacts, signal),
  },
  'old runs and events': {
    everyMs: HOUR,
    runsOn: 'every controller',
    because: 'how long they are kept is a setting of each; the shortest holds',
    async run({ db, clock, config }, signal) {
      await forgetOldRuns(db, keptFrom(clock, config), signal);
      await forgetSubjects(db, keptFrom(clock, config), signal);
    },
  },
  'old dispatches': {
    everyMs: HOUR,
    runsOn: 'every controller',
    because: 'how long they are kept is a setting of each; the shortest holds',
    run: ({ artifacts, clock, config }, signal) =>
      forgetOldDispatches(artifacts, new Date(clock.millis() - config.dispatchRetentionDays * DAY), signal),
  },
  'old executions': {
    everyMs: HOUR,
    runsOn: 'every controller',
    because: 'it is switched on for each',
    async run({ db, clock, config }, signal) {
      if (!config.executionPruningEnabled) return;
      await pruneExecutions({ db, clock }, { retentionMs: config.executionRetentionDays * DAY, signal });
    },
  },
} as const satisfies Readonly<Record<string, BackgroundPass>>;

export type PassName = keyof typeof PASSES;

function keptFrom(clock: { millis(): number }, { retentionDays }: ControllerConfig): Date {
  return new Date(clock.millis() - retentionDays * DAY);
}
