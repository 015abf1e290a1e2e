/**
 * The row of this controller and its lease. Who is alive is decided by the clock of the database alone: every statement
 * here, and every statement elsewhere that asks who is alive, takes the time where it runs.
 *
 * held     renewed less than ten seconds ago. Sessions of this controller count as open, its clusters as served.
 * lapsed   ten seconds have passed without a renewal: this process stood still, its machine was frozen, the database was
 *          away, or its clock was stepped. Nothing here notices that it happens. Others close our sessions, take over
 *          our runs, and answer for our clusters; our name stays ours until somebody takes it.
 *
 * held → lapsed     by time alone.
 * lapsed → held     by the next renewal that gets through. It finds the end of the lease behind it, takes it back in the same
 *                   statement, and calls `onRegained`, once: what is in memory and what is in the database about sessions
 *                   and runs is compared then, and whichever is wrong is mended (`SessionRegistry.reconcile`, the sweep).
 *
 * A renewal is due every third of the lease. Callers that are about to decide something by who is connected wait for
 * `held()`: it is over at once but in a process that has just woken up. Each renewal also says up to when this controller
 * has read what its nodes sent (`read_at`): silence of a node counts up to then, never up to now (`presence.ts`).
 */
import type { Service } from '#runtime/service.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ControllerId, type Id, newId } from '../kernel/ids.ts';
import { type Database, type Queryable, type Sql, sql } from '../kernel/sql.ts';
import type { DatabaseClock } from './database-clock.ts';
import type { LivePeers } from './live-peers.ts';

export const CONTROLLER_LEASE_MS = 10_000;

export interface ControllerIdentity {
  readonly id: ControllerId;
  readonly name: string;
  readonly version: string;
  /** host:port, first preferred; read at every renewal. */
  readonly nodeEndpoints: readonly string[];
  /** Nodes it has room for. */
  readonly capacity: number;
}

export interface ControllerLeaseParts {
  readonly db: Database;
  readonly controller: ControllerIdentity;
  readonly onFailure: (error: unknown) => void;
  /** Is told by every renewal which others are alive. */
  readonly peers?: Pick<LivePeers, 'note'>;
  /** Is brought up to date by every renewal. */
  readonly clock?: Pick<DatabaseClock, 'measureBy'>;
  /** For how long this controller has not read what its nodes sent, in milliseconds. Default: always 0. */
  readonly unreadMs?: () => number;
  /** The lease had ended and is ours again. */
  readonly onRegained?: (lapse: Lapse) => Promise<void>;
}

export interface Lapse {
  /** How long others took this controller for dead. */
  readonly lapsedMs: number;
}

export class ControllerLease implements Service {
  readonly name = 'controller lease';
  readonly #parts: ControllerLeaseParts;
  readonly #bootId = newId<Id<'boot'>>();
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #isRegaining = false;
  /** By the steady clock of this process; the statement that renewed was sent then. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ControllerLeaseParts) {
    this.#parts = parts;
  }

  /** Since the last renewal. */
  get ageMs(): number {
    return performance.now() - this.#renewedAtMs;
  }

  /** @throws FleetError `conflict` when another controller that is alive has this name. */
  start(): Promise<void> {
    this.#started ??= this.#start().catch((error) => {
      this.#started = undefined; // the name may be free the next time
      throw error;
    });
    return this.#started;
  }

  /** Gives the lease back, so that nobody has to wait for its end. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #start(): Promise<void> {
    if (this.#stopped !== undefined) return;
    await this.#claimName();
    await this.#write();
    this.#timer = setInterval(() => void this.#renew(), CONTROLLER_LEASE_MS / 3);
  }

  async #stop(): Promise<void> {
    if (this.#started === undefined) return;
    await this.#started.catch(() => {}); // told to whoever started it
    clearInterval(this.#timer);
    await this.#renewing;
    const { db, controller } = this.#parts;
    await db
      .execute(sql`update controllers set lease_until = clock_timestamp(), stopped_at = clock_timestamp()
        where id = ${controller.id} and boot_id = ${this.#bootId}`)
      .catch(this.#parts.onFailure);
  }

  /** Resolves when the lease is held, as far as this process can know, or could not be renewed. */
  async held(): Promise<void> {
    if (this.ageMs < CONTROLLER_LEASE_MS && !this.#isRegaining) return;
    await this.#renew();
  }

  /** A name that is left over from another data directory (restored elsewhere, thrown away) is free once its lease has ended. */
  async #claimName(): Promise<void> {
    const { db, controller } = this.#parts;
    await db.execute(sql`
      delete from controllers
      where name = ${controller.name} and id <> ${controller.id} and lease_until <= clock_timestamp()`);
    const [other] = await db.query<{ leaseUntil: Date }>(sql`
      select lease_until as "leaseUntil" from controllers where name = ${controller.name} and id <> ${controller.id}`);
    if (other === undefined) return;
    throw new FleetError(
      'conflict',
      `another controller of this database is called ${controller.name} and was alive a moment ago (until ` +
        `${other.leaseUntil.toISOString()}): give this one a name of its own with GARRISON_CONTROLLER_NAME, or wait ` +
        'ten seconds if that one is gone',
    );
  }

  /** One at a time; whoever asks while one is under way gets that one. Never rejects. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce()
      .catch(this.#parts.onFailure)
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    this.#isRegaining ||= this.ageMs >= CONTROLLER_LEASE_MS;
    const { lapsedMs } = await this.#write();
    if (lapsedMs !== null) await this.#parts.onRegained?.({ lapsedMs });
    this.#isRegaining = false;
  }

  async #write(): Promise<Renewal> {
    const sentAtMs = performance.now();
    let renewal: Renewal | undefined;
    const ask = async () => {
      [renewal] = await this.#parts.db.query<Renewal>(this.#statement());
      return renewal?.at;
    };
    await (this.#parts.clock?.measureBy(ask) ?? ask());
    if (renewal === undefined) throw new FleetError('internal', 'the lease was written and nothing came back');
    this.#renewedAtMs = sentAtMs;
    this.#parts.peers?.note(renewal.peers);
    return renewal;
  }

  #statement(): Sql {
    const { controller, unreadMs = () => 0 } = this.#parts;
    return sql`
      with former as (
        select lease_until from controllers where id = ${controller.id} and boot_id = ${this.#bootId})
      insert into controllers (id, name, boot_id, version, node_endpoints, capacity, started_at, lease_until, read_at)
      values (${controller.id}, ${controller.name}, ${this.#bootId}, ${controller.version}, ${controller.nodeEndpoints},
        ${controller.capacity}, clock_timestamp(), clock_timestamp() + make_interval(secs => ${CONTROLLER_LEASE_MS / 1000}),
        clock_timestamp() - make_interval(secs => ${unreadMs() / 1000}))
      on conflict (id) do update set lease_until = excluded.lease_until, name = excluded.name, boot_id = excluded.boot_id,
        version = excluded.version, node_endpoints = excluded.node_endpoints, capacity = excluded.capacity, stopped_at = null,
        read_at = excluded.read_at,
        started_at = case when controllers.boot_id = excluded.boot_id then controllers.started_at else excluded.started_at end
      returning clock_timestamp() as at,
        (select coalesce(jsonb_agg(other.node_endpoints order by other.name), '[]') from controllers as other
          where other.id <> ${controller.id} and other.lease_until > clock_timestamp()) as peers,
        (select extract(epoch from clock_timestamp() - lease_until)::float8 * 1000 from former where lease_until < clock_timestamp())
          as "lapsedMs"`;
  }
}

/** In a database that was just restored nobody is alive, whatever it says: the next controller need not wait for those of the backup. */
export async function endAllLeases(db: Queryable): Promise<void> {
  await db.execute(sql`update controllers set lease_until = least(lease_until, clock_timestamp())`);
}

interface Renewal {
  readonly at: Date;
  /** Endpoints of each of the others that are alive. */
  readonly peers: readonly (readonly string[])[];
  /** How long ago the lease had ended; null where it was held. */
  readonly lapsedMs: number | null;
}
