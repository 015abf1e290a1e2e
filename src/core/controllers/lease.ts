/**
 * The row of this controller and its lease. While the lease runs, its sessions count as open and its clusters as served. It
 * is renewed every third of its life; a controller that cannot renew it is taken for dead by the others.
 */
import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ControllerId, type Id, newId } from '../kernel/ids.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';

export const CONTROLLER_LEASE_MS = 10_000;

export interface ControllerIdentity {
  readonly id: ControllerId;
  readonly name: string;
  readonly version: string;
  /** host:port, first preferred. */
  readonly nodeEndpoints: readonly string[];
  /** Nodes it has room for. */
  readonly capacity: number;
}

export interface ControllerLeaseParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly controller: ControllerIdentity;
  readonly onError: (error: unknown) => void;
  /** Called after every renewal; the number of controllers whose lease runs. */
  readonly onRenewed?: (liveControllers: number) => void;
}

export class ControllerLease {
  readonly #parts: ControllerLeaseParts;
  readonly #bootId = newId<Id<'boot'>>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #liveControllers = 1;

  constructor(parts: ControllerLeaseParts) {
    this.#parts = parts;
  }

  /** Controllers whose lease ran at the last renewal, this one included. */
  get liveControllers(): number {
    return this.#liveControllers;
  }

  /** @throws FleetError `conflict` when another controller that is alive has this name. */
  async start(): Promise<void> {
    await this.#claimName();
    await this.#write();
    this.#liveControllers = await countLive(this.#parts.db, this.#parts.clock.now());
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined;
      });
    }, CONTROLLER_LEASE_MS / 3);
  }

  /** Gives the lease back, so that nobody has to wait for its end. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
    const { db, clock, controller } = this.#parts;
    await db
      .execute(sql`update controllers set lease_until = ${clock.now()}, stopped_at = ${clock.now()}
        where id = ${controller.id} and boot_id = ${this.#bootId}`)
      .catch(this.#parts.onError);
  }

  /** A name that is left over from another data directory (restored elsewhere, thrown away) is free once its lease has ended. */
  async #claimName(): Promise<void> {
    const { db, clock, controller } = this.#parts;
    await db.execute(sql`
      delete from controllers
      where name = ${controller.name} and id <> ${controller.id} and lease_until <= ${clock.now()}`);
    const [other] = await db.query<{ lease_until: Date }>(sql`
      select lease_until from controllers where name = ${controller.name} and id <> ${controller.id}`);
    if (other === undefined) return;
    throw new FleetError(
      'conflict',
      `another controller of this database is called ${controller.name} and was alive a moment ago (until ` +
        `${other.lease_until.toISOString()}): give this one a name of its own with GARRISON_CONTROLLER_NAME, or wait ` +
        'ten seconds if that one is gone',
    );
  }

  async #renew(): Promise<void> {
    try {
      await this.#write();
      this.#liveControllers = await countLive(this.#parts.db, this.#parts.clock.now());
      this.#parts.onRenewed?.(this.#liveControllers);
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  async #write(): Promise<void> {
    const { db, clock, controller } = this.#parts;
    const now = clock.now();
    await db.execute(sql`
      insert into controllers (id, name, boot_id, version, node_endpoints, capacity, started_at, lease_until)
      values (${controller.id}, ${controller.name}, ${this.#bootId}, ${controller.version}, ${controller.nodeEndpoints},
        ${controller.capacity}, ${now}, ${new Date(now.getTime() + CONTROLLER_LEASE_MS)})
      on conflict (id) do update set lease_until = excluded.lease_until, name = excluded.name, boot_id = excluded.boot_id,
        version = excluded.version, node_endpoints = excluded.node_endpoints, capacity = excluded.capacity, stopped_at = null,
        started_at = case when controllers.boot_id = excluded.boot_id then controllers.started_at else excluded.started_at end`);
  }
}

async function countLive(db: Queryable, now: Date): Promise<number> {
  const rows = await db.query<{ count: number }>(
    sql`select count(*) as count from controllers where lease_until > ${now}`,
  );
  return rows[0]?.count ?? 0;
}
