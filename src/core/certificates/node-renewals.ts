import { Batcher } from '#runtime/batcher.ts';
import type { Service } from '#runtime/service.ts';
import { recordEvents } from '../events/record-events.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Database } from '../kernel/sql.ts';
import type { IssuedCertificate } from './certificate.ts';
import { readCertificateRoom } from './certificate-room.ts';
import { type IssuingDeps, signCertificate } from './issue-certificate.ts';
import type { Pki } from './pki.ts';
import { insertCertificates, lockRenewable, type RenewableCertificate } from './store.ts';

export interface NodeRenewalsParts extends IssuingDeps {
  readonly db: Database;
  readonly pki: Pick<Pki, 'signCertificate' | 'readSigningRequest'>;
}

export interface RenewCertificate {
  readonly nodeId: NodeId;
  /** Serial of the certificate the caller has shown. */
  readonly serial: string;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
}

interface CheckedRenewal {
  readonly nodeId: NodeId;
  readonly serial: string;
  readonly publicKey: Buffer;
}

/**
 * New certificates for nodes that show one that is good. A fleet that was enrolled together renews together: renewals
 * that come at once are signed and stored in batches. The old certificate stays good until its own end.
 */
export class NodeRenewals implements Service {
  readonly name = 'renewals';
  readonly #parts: NodeRenewalsParts;
  readonly #batcher: Batcher<CheckedRenewal, IssuedCertificate | FleetError>;

  constructor(parts: NodeRenewalsParts) {
    this.#parts = parts;
    this.#batcher = new Batcher({
      flush: (renewals) => this.#renew(renewals),
      isFaultOfItem: isFaultOfValues,
      maxItems: 100,
      maxWaitMs: 1,
      maxWaiting: 20_000,
    });
  }

  /**
   * @throws FleetError `malformed` for a request that cannot be signed; `unauthenticated` when certificate or node are
   * revoked, or the certificate has ended; `rate_limited` when the node has had too many (`certificate-room.ts`).
   */
  async renew({ nodeId, serial, csr }: RenewCertificate): Promise<IssuedCertificate> {
    const request = this.#parts.pki.readSigningRequest(csr);
    if (!request.isAccepted) throw new FleetError('malformed', `The signing request ${request.problem}.`);
    const issued = await this.#batcher.add({ nodeId, serial, publicKey: request.publicKey });
    if (issued instanceof FleetError) throw issued;
    return issued;
  }

  /** There is nothing to start: what is asked of it is done. */
  async start(): Promise<void> {}

  /** Takes nothing more and resolves when the rest is done. */
  stop(): Promise<void> {
    return this.#batcher.stop();
  }

  async #renew(renewals: readonly CheckedRenewal[]): Promise<(IssuedCertificate | FleetError)[]> {
    return this.#parts.db.transaction(async (tx) => {
      const now = this.#parts.clock.now();
      const found = await lockRenewable(tx, renewals, now);
      const nodeIds = found.map(({ nodeId }) => nodeId);
      const room = await readCertificateRoom(tx, nodeIds, now);
      const bySerial = new Map(found.map((certificate) => [certificate.serial, certificate]));
      const signed = renewals.map(({ serial, nodeId, publicKey }) => {
        const old = bySerial.get(serial);
        if (old?.nodeId !== nodeId) return notGood();
        return room.take(nodeId) ?? { old, ...signCertificate(this.#parts, subjectOf(old), publicKey) };
      });
      const renewed = signed.flatMap((one) => (one instanceof FleetError ? [] : [one]));
      await insertCertificates(
        tx,
        renewed.map(({ toKeep }) => toKeep),
      );
      await recordEvents(
        tx,
        renewed.map(({ old: { tenantId, nodeId, serial }, issued }) => ({
          tenantId,
          type: 'certificate.renewed',
          subject: issued.serial,
          data: { nodeId, serial: issued.serial, previousSerial: serial, notAfter: issued.notAfter },
        })),
      );
      return signed.map((one) => (one instanceof FleetError ? one : one.issued));
    });
  }
}

function notGood(): FleetError {
  return new FleetError('unauthenticated', 'This certificate is revoked or has ended. Join the node again.');
}

/** An outpost that runs a daemon renews over its session like any node, and keeps the names of its contract. */
function subjectOf({ purpose, tenantId, nodeId }: RenewableCertificate) {
  return { purpose, tenantId, nodeId };
}
