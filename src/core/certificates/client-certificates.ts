import { LRUCache } from 'lru-cache';
import { Batcher } from '#runtime/batcher.ts';
import type { Clock } from '../kernel/clock.ts';
import { isFaultOfValues } from '../kernel/database-errors.ts';
import type { NodeId, TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { RevokedSerials } from './revoked-serials.ts';
import { findByFingerprints } from './store.ts';

export interface ClientCertificatesParts {
  readonly db: Queryable;
  readonly revokedSerials: Pick<RevokedSerials, 'isRevoked'>;
  readonly clock: Clock;
}

export interface CertificateIdentity {
  readonly serial: string;
  readonly tenantId: TenantId;
  readonly nodeId: NodeId;
  readonly notAfter: Date;
  /** What it may not be used for any more; `none`: it is good. */
  readonly objection: 'none' | 'ended' | 'revoked';
}

type KnownCertificate = Omit<CertificateIdentity, 'objection'> & { readonly wasRevoked: boolean };

const MAX_REMEMBERED = 50_000;

/**
 * Whose a client certificate is, by the SHA-256 of its DER: only what we issued is found, so nothing in a certificate has
 * to be believed. What a certificate stands for never changes and is remembered; whether it is revoked is asked every
 * time, of the serials in memory. A fleet that comes back at once is looked up in batches.
 */
export class ClientCertificates {
  readonly #parts: ClientCertificatesParts;
  readonly #lookUps: Batcher<Buffer, KnownCertificate | undefined>;
  readonly #remembered = new LRUCache<string, KnownCertificate>({ max: MAX_REMEMBERED });

  constructor(parts: ClientCertificatesParts) {
    this.#parts = parts;
    this.#lookUps = new Batcher({
      flush: (fingerprints) => this.#lookUp(fingerprints),
      isFaultOfItem: isFaultOfValues,
      maxItems: 200,
      maxWaitMs: 0,
      maxWaiting: 20_000,
    });
  }

  /**
   * Undefined: none of ours, or no client's. That the caller holds its key is for the TLS handshake to prove, here or in
   * a trusted proxy.
   */
  async identify(fingerprint: Buffer): Promise<CertificateIdentity | undefined> {
    const name = fingerprint.toString('base64');
    const known = this.#remembered.get(name) ?? (await this.#lookUps.add(fingerprint));
    if (!known) return undefined;
    this.#remembered.set(name, known);
    const { wasRevoked, ...identity } = known;
    return { ...identity, objection: this.#objectionTo(known) };
  }

  #objectionTo({ serial, notAfter, wasRevoked }: KnownCertificate): CertificateIdentity['objection'] {
    if (notAfter <= this.#parts.clock.now()) return 'ended';
    return wasRevoked || this.#parts.revokedSerials.isRevoked(serial) ? 'revoked' : 'none';
  }

  async #lookUp(fingerprints: readonly Buffer[]): Promise<(KnownCertificate | undefined)[]> {
    const found = await findByFingerprints(this.#parts.db, fingerprints);
    const byFingerprint = new Map(
      found.map((certificate) => [certificate.fingerprint.toString('base64'), certificate]),
    );
    return fingerprints.map((fingerprint) => {
      const certificate = byFingerprint.get(fingerprint.toString('base64'));
      if (!certificate?.nodeId) return undefined;
      const { serial, tenantId, nodeId, notAfter, revokedAt } = certificate;
      return { serial, tenantId, nodeId, notAfter, wasRevoked: revokedAt !== null };
    });
  }
}
