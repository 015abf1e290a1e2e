/**
 * What a controller needs to do its work, as `/health/ready` asks for it: not only that the database answers somebody, but
 * that its own lease, its own writer and its own passes get through. Each check throws with a reason for operators.
 */
import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import { CONTROLLER_LEASE_MS, type ControllerLease } from '#core/controllers/lease.ts';
import type { DayTables } from '#core/days/day-tables.ts';
import type { ExecutionWriter } from '#core/executions/execution-writer.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { type Queryable, sql } from '#core/kernel/sql.ts';
import type { DiskSpace } from './disk-space.ts';

/** A batch of results that takes longer to store says that the database does not take them. */
const STORED_WITHIN_MS = 15_000;

/** Days are made a week ahead and looked at every ten minutes. */
const DAYS_MADE_WITHIN_MS = 24 * 3_600_000;

export interface ReadinessParts {
  readonly db: Queryable;
  readonly lease: Pick<ControllerLease, 'ageMs'>;
  readonly writer: Pick<ExecutionWriter, 'stalledMs'>;
  readonly clock: Pick<DatabaseClock, 'refuseWhereCertificatesWouldBeWrong'>;
  readonly disk: Pick<DiskSpace, 'requireRoom'>;
  readonly days: Pick<DayTables, 'madeAgoMs'>;
}

export function readinessChecks({ db, lease, writer, clock, disk, days }: ReadinessParts) {
  return {
    database: async () => void (await db.query(sql`select 1`)),
    lease: async () =>
      refuseAbove(
        CONTROLLER_LEASE_MS,
        lease.ageMs,
        (seconds) => `the lease of this controller was renewed ${seconds} s ago`,
      ),
    'execution writer': async () =>
      refuseAbove(
        STORED_WITHIN_MS,
        writer.stalledMs,
        (seconds) => `results of nodes have waited ${seconds} s to be stored`,
      ),
    days: async () =>
      refuseAbove(DAYS_MADE_WITHIN_MS, days.madeAgoMs, (seconds) => `no tables of days could be made for ${seconds} s`),
    disk: async () => disk.requireRoom(),
    clock: async () => clock.refuseWhereCertificatesWouldBeWrong(),
  };
}

function refuseAbove(mostMs: number, isMs: number, message: (seconds: number) => string): void {
  if (isMs > mostMs) throw new FleetError('unavailable', message(Math.round(isMs / 1000)));
}
