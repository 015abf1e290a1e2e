/**
 * Registers outposts and renews their certificates. Both make a key, sign and store; what comes at once is done in one
 * transaction, because a fleet that was set up together renews together, and ten thousand small transactions would keep
 * everybody else from the database.
 *
 * The private key exists in the answer only: it is made here, handed to whoever asked, and kept nowhere.
 */
import { randomUUID } from 'node:crypto';
import { Batcher } from '#runtime/batcher.ts';
import type { Service } from '#runtime/service.ts';
import type { IssuedCertificate } from '../certificates/certificate.ts';
import { readCertificateRoom } from '../certificates/certificate-room.ts';
import { type IssuingDeps, type SignedForKeeping, signCertificate } from '../certificates/issue-certificate.ts';
import type { Pki } from '../certificates/pki.ts';
import { insertCertificates } from '../certificates/store.ts';
import { homeCluster } from '../clusters/home-cluster.ts';
import type { FleetEvent } from '../events/catalogue.ts';
import { recordEvents } from '../events/record-events.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { type ClusterId, type NodeId, newId, type TenantId } from '../kernel/ids.ts';
import { Secret } from '../kernel/secret.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import { claimNodes } from '../nodes/claim-nodes.ts';
import type { Outpost } from './outpost.ts';
import {
  insertOutposts,
  keyOf,
  lockStandings,
  type NewOutpost,
  type OutpostRef,
  type OutpostStanding,
  readOutpostsById,
} from './store.ts';

export interface OutpostDeskParts extends IssuingDeps {
  readonly db: Database;
  readonly pki: Pick<Pki, 'signCertificate' | 'createKeyPair'>;
}

export interface RegisterOutpost {
  readonly name: string;
  readonly region: string;
  readonly deploymentEnv: string | null;
}

/** What an outpost proves itself with; given once. */
export interface OutpostBundle {
  readonly certificate: IssuedCertificate;
  /** SEC1, PEM. */
  readonly privateKeyPem: Secret;
}

/** An outpost with what it is given once. */
export interface OutpostWithBundle {
  readonly outpost: Outpost;
  readonly bundle: OutpostBundle;
}

type Renewal = OutpostWithBundle | Exclude<OutpostStanding, 'registered'> | FleetError;

type Registration = RegisterOutpost & { readonly tenantId: TenantId };

const MAX_ITEMS = 100;
const LIMITS = { maxItems: MAX_ITEMS, maxWaitMs: 1, maxWaiting: 20_000, isFaultOfItem };

export class OutpostDesk implements Service {
  readonly name = 'outposts';
  readonly #parts: OutpostDeskParts;
  readonly #registrations: Batcher<Registration, OutpostWithBundle>;
  readonly #renewals: Batcher<OutpostRef, Renewal>;

  constructor(parts: OutpostDeskParts) {
    this.#parts = parts;
    this.#registrations = new Batcher({ ...LIMITS, flush: (registrations) => this.#register(registrations) });
    this.#renewals = new Batcher({ ...LIMITS, flush: (refs) => this.#renew(refs) });
  }

  /** @throws FleetError `conflict` or `rate_limited` when the tenant may have no more nodes. */
  register(registration: Registration): Promise<OutpostWithBundle> {
    return this.#registrations.add(registration);
  }

  /**
   * The certificates the outpost has stay good; a new one for a deregistered or unknown one there is not.
   * @throws FleetError `rate_limited` when it has had too many (`certificate-room.ts`).
   */
  async renew(ref: OutpostRef): Promise<Exclude<Renewal, FleetError>> {
    const renewal = await this.#renewals.add(ref);
    if (renewal instanceof FleetError) throw renewal;
    return renewal;
  }

  /** There is nothing to start: what is asked of it is done. */
  async start(): Promise<void> {}

  /** Takes nothing more and resolves when the rest is done. */
  async stop(): Promise<void> {
    await Promise.all([this.#registrations.stop(), this.#renewals.stop()]);
  }

  async #register(registrations: readonly Registration[]): Promise<OutpostWithBundle[]> {
    return this.#parts.db.transaction(async (tx) => {
      const at = this.#parts.clock.now();
      const clusters = await homesOf(tx, registrations, at);
      const outposts = registrations.map((registration): NewOutpost => {
        const clusterId = clusters.get(registration.tenantId) as ClusterId; // filled for these very tenants
        return { ...registration, id: newId<NodeId>(), clusterId, overlayHostId: randomUUID(), at };
      });
      await insertOutposts(tx, outposts);
      await recordEvents(tx, outposts.flatMap(eventsOf));
      return this.#issue(tx, outposts);
    });
  }

  async #renew(refs: readonly OutpostRef[]): Promise<Renewal[]> {
    return this.#parts.db.transaction(async (tx) => {
      const standings = await lockStandings(tx, refs);
      const ids = refs.map(({ id }) => id);
      const room = await readCertificateRoom(tx, ids, this.#parts.clock.now());
      const decisions = refs.map((ref) => {
        const standing = standings.get(keyOf(ref)) ?? 'unknown';
        return standing === 'registered' ? (room.take(ref.id) ?? standing) : standing;
      });
      const renewed = refs.filter((_, place) => decisions[place] === 'registered');
      const issued = (await this.#issue(tx, renewed)).values();
      return decisions.map((decision) => {
        return decision === 'registered' ? (issued.next().value as OutpostWithBundle) : decision; // one for each
      });
    });
  }

  /** One for each, in their order. */
  async #issue(tx: Queryable, refs: readonly OutpostRef[]): Promise<OutpostWithBundle[]> {
    const signed = refs.map((ref) => this.#sign(ref));
    await insertCertificates(
      tx,
      signed.map(({ toKeep }) => toKeep),
    );
    await recordEvents(tx, signed.map(issueEvent));
    const outposts = await readOutpostsById(
      tx,
      refs.map(({ id }) => id),
    );
    return refs.map(({ id }, place) => {
      const outpost = outposts.get(id) as Outpost; // its row is locked or our own
      const { issued, privateKeyPem } = signed[place] as (typeof signed)[number]; // signed for these very refs
      return { outpost, bundle: { certificate: issued, privateKeyPem: new Secret(privateKeyPem) } };
    });
  }

  #sign({ tenantId, id }: OutpostRef): SignedForKeeping & { readonly privateKeyPem: string } {
    const { publicKey, privateKeyPem } = this.#parts.pki.createKeyPair();
    return { ...signCertificate(this.#parts, { purpose: 'outpost', tenantId, nodeId: id }, publicKey), privateKeyPem };
  }
}

/** Room for all of them, and where they go: tenant by tenant, in the same order for everybody who waits. */
async function homesOf(
  tx: Queryable,
  registrations: readonly Registration[],
  at: Date,
): Promise<Map<TenantId, ClusterId>> {
  const clusters = new Map<TenantId, ClusterId>();
  const byTenant = Map.groupBy(registrations, (registration) => registration.tenantId);
  for (const [tenantId, { length }] of [...byTenant].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    await claimNodes(tx, tenantId, length);
    clusters.set(tenantId, (await homeCluster(tx, tenantId, at)).id);
  }
  return clusters;
}

function eventsOf({ id, tenantId, name, region, deploymentEnv }: NewOutpost): FleetEvent[] {
  return [
    { tenantId, type: 'node.registered', subject: id, data: { nodeId: id, name, idType: 'random' } },
    { tenantId, type: 'outpost.registered', subject: id, data: { outpostId: id, name, region, deploymentEnv } },
  ];
}

function issueEvent({ issued: { serial, notAfter }, toKeep: { subject } }: SignedForKeeping): FleetEvent {
  const nodeId = subject.purpose === 'controller' ? null : subject.nodeId;
  return {
    tenantId: subject.tenantId,
    type: 'certificate.issued',
    subject: serial,
    data: { serial, nodeId, purpose: subject.purpose, notAfter },
  };
}

/** A request that is refused or cannot be stored does not hold up those of other tenants in its batch. */
function isFaultOfItem(error: unknown): boolean {
  return error instanceof FleetError ? error.code !== 'unavailable' : isFaultOfValues(error);
}
