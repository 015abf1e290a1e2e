import { missingMigrations } from '#adapters/postgres/migrate.ts';
import { type Migration, readMigrations } from '#adapters/postgres/migration-files.ts';
import { namesOfLiveControllers } from '#core/controllers/update-turn.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { ControllerConfig } from '../config.ts';
import { withDatabase } from '../with-database.ts';
import type { UpdateControllerOptions } from './update-options.ts';

/** Whether there will be no way back. @throws FleetError `conflict` when that was not asked for, or others would stop working */
export async function refuseUnsafeMigrations(
  config: ControllerConfig,
  directory: string,
  { isOneWay }: UpdateControllerOptions,
): Promise<boolean> {
  const migrations = await readMigrations(directory);
  const [missing, others] = await withDatabase(config, 'beside a controller', async (db) => [
    await missingMigrations(db, migrations),
    (await namesOfLiveControllers(db)).filter((name) => name !== config.controllerName),
  ]);
  const breaking = missing.filter((migration: Migration) => migration.isBreaking).map(({ name }) => name);
  if (breaking.length === 0) return false;
  const names = breaking.join(', ');
  if (others.length > 0)
    throw new FleetError(
      'conflict',
      `the release changes the schema (${names}) in a way that the controllers of the present one do not understand: stop ${others.join(', ')} first, and update them before they start again`,
    );
  if (isOneWay) return true;
  throw new FleetError(
    'conflict',
    `the release changes the schema (${names}) so that there is no way back but a backup: make one (garrison backup), then repeat this with --one-way`,
  );
}
