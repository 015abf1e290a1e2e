import { DatabaseClock } from '#core/controllers/database-clock.ts';
import { DayTables } from '#core/days/day-tables.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { DiskSpace } from '../disk-space.ts';
import { openBus } from '../open-bus.ts';
import { openStorage, type Storage } from '../open-storage.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';

export interface StoragePart extends Storage {
  readonly bus: Bus;
  /** The database's. */
  readonly clock: DatabaseClock;
  readonly days: DayTables;
  /** Where the data directory is. */
  readonly disk: DiskSpace;
}

/** The database with the schema of this program and the tables of today, its clock, and the bus. */
export async function startStorage(
  stack: ServiceStack,
  { config, log, secretKey }: Base & { readonly secretKey: Secret },
): Promise<StoragePart> {
  const storage = await openStorage(config, stack, log);
  const { db } = storage;
  const clock = new DatabaseClock();
  await clock.measure(db);
  const days = new DayTables({ db, clock });
  await days.make();
  const bus = await openBus(stack, { ...storage, config, log, secretKey, now: () => clock.millis() });
  const disk = new DiskSpace({ directory: config.dataDir, log });
  return { ...storage, bus, clock, days, disk };
}
