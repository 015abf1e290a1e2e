import { Reconciler } from '#runtime/reconciler.ts';
import type { Service } from '#runtime/service.ts';
import type { TenantId } from '../kernel/ids.ts';
import { Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { Authorities } from './authorities.ts';
import { LEAF_LIFETIME_MS } from './certificate.ts';
import { type IssuingDeps, issueCertificate } from './issue-certificate.ts';
import type { Pki } from './pki.ts';

/** What a TLS listener serves. */
export interface ServerIdentity {
  /**
   * Leaf, intermediate and root. The root is in it for hosts that know no more of us than its SHA-256 out of a join
   * secret: they find it here and trust nothing else.
   */
  readonly chainPem: string;
  readonly privateKeyPem: Secret;
  readonly serial: string;
  readonly notAfter: Date;
}

export interface ControllerCertificateParts extends Omit<IssuingDeps, 'authorities' | 'pki'> {
  readonly db: Queryable;
  readonly authorities: Pick<Authorities, 'issuing' | 'bundlePem' | 'rootPem' | 'onRotated'>;
  readonly pki: Pick<Pki, 'signCertificate' | 'createKeyPair'>;
  readonly systemTenantId: TenantId;
  /** For people, in lists. */
  readonly commonName: string;
  /** What the listeners are reached by; read again every time it looks. */
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly onFailure?: (error: unknown) => void;
}

interface Issued {
  readonly identity: ServerIdentity;
  readonly authorityId: string;
  readonly names: ReadonlySet<string>;
}

const CHECK_EVERY_MS = 60_000;

/**
 * The server certificate of this controller, renewed by itself at two thirds of its life, when another intermediate has
 * begun to sign, and when the controller is reached by a name or address that is not in it. One that is gone stays in it
 * until the next renewal. Its key is made here, lives in memory only, and is new with every certificate.
 */
export class ControllerCertificate implements Service {
  readonly name = 'controller certificate';
  readonly #parts: ControllerCertificateParts;
  readonly #reconciler: Reconciler;
  readonly #listeners = new Set<(identity: ServerIdentity) => void>();
  #stopListening: (() => void) | undefined;
  #current: Issued | undefined;

  constructor(parts: ControllerCertificateParts) {
    this.#parts = parts;
    this.#reconciler = new Reconciler({
      name: this.name,
      everyMs: CHECK_EVERY_MS,
      reconcile: () => this.#reconcile(),
      ...(parts.onFailure && { onFailure: parts.onFailure }),
    });
  }

  start(): Promise<void> {
    this.#stopListening ??= this.#parts.authorities.onRotated(() => {
      this.#reconciler.nudge().catch((error) => this.#parts.onFailure?.(error));
    });
    return this.#reconciler.start();
  }

  stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = undefined;
    return this.#reconciler.stop();
  }

  get current(): ServerIdentity {
    if (!this.#current) throw new Error('the controller certificate is not started');
    return this.#current.identity;
  }

  /** Looks at once whether it is time. */
  renewIfDue(): Promise<void> {
    return this.#reconciler.nudge();
  }

  /** Listeners put the new identity into their TLS context; connections that are open go on with the old one. */
  onRenewed(listener: (identity: ServerIdentity) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #reconcile(): Promise<void> {
    if (this.#current && !this.#isDue(this.#current)) return;
    const isRenewal = this.#current !== undefined;
    this.#current = await this.#issue();
    if (isRenewal) for (const listener of this.#listeners) listener(this.#current.identity);
  }

  #isDue({ identity, authorityId, names }: Issued): boolean {
    if (authorityId !== this.#parts.authorities.issuing.id) return true;
    const { dnsNames, ipAddresses } = this.#parts;
    if ([...dnsNames, ...ipAddresses].some((name) => !names.has(name))) return true;
    return identity.notAfter.getTime() - this.#parts.clock.millis() <= LEAF_LIFETIME_MS / 3;
  }

  async #issue(): Promise<Issued> {
    const { db, authorities, pki, systemTenantId, commonName, dnsNames, ipAddresses } = this.#parts;
    const { publicKey, privateKeyPem } = pki.createKeyPair();
    const authorityId = authorities.issuing.id;
    const subject = { purpose: 'controller', tenantId: systemTenantId, commonName, dnsNames, ipAddresses } as const;
    const issued = await issueCertificate(db, this.#parts, subject, publicKey);
    const identity = {
      chainPem: issued.chainPem + authorities.rootPem,
      privateKeyPem: new Secret(privateKeyPem),
      serial: issued.serial,
      notAfter: issued.notAfter,
    };
    return { identity, authorityId, names: new Set([...dnsNames, ...ipAddresses]) };
  }
}
