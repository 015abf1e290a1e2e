/**
 * Renews the certificate at two thirds of its life, earlier or later by a thirtieth so that a fleet that joined in one
 * hour does not renew in one; or at once, when the host is told to rotate its key (`RotationOrder`). Two steps, one at a time:
 *
 * renew   makes a new key, asks for a certificate over it, keeps both in one step, tells that the identity has changed.
 *         A crash before they are kept costs a certificate nobody has the key of; the old one is good and it is asked again.
 *         The old pair stays beside the new one until a session was opened with the new one (`identityWorks`).
 * retire  of a rotation only, on a session of the new certificate: has every other certificate of the node revoked, then
 *         forgets the order. A crash in between has it asked again, which changes nothing.
 *
 * Which step is due follows from what is on the disk: the order names the certificate it wants to be rid of.
 */
import type { RenewResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { messageOf } from '../daemon-error.ts';
import { newCertificateRequest } from './certificate-request.ts';
import { certificateLife, type Identity } from './identity.ts';
import type { IdentityHolder } from './identity-holder.ts';
import type { RotationDesk } from './rotation-order.ts';

export interface CertificateRenewalParts {
  readonly identity: IdentityHolder;
  /** Undefined while there is no session to ask on; then `sessionOpened` is waited for. */
  readonly renew: (csr: Buffer) => Promise<RenewResponse> | undefined;
  /** Has all certificates but the one with this serial revoked. Undefined while there is no session of that one. */
  readonly revokeOthers: (serial: string) => Promise<unknown> | undefined;
  /** Default: nobody orders a rotation. */
  readonly rotation?: RotationDesk | undefined;
  /** There is a new identity. */
  readonly onRenewed: (identity: Identity) => void;
  readonly log: Log;
  readonly commonName: string;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Between failed attempts. Default 60 s to 1 h. */
  readonly backoff?: Backoff;
}

/** Timers are exact for hours, not for weeks. */
const MAX_WAIT_MS = 3_600_000;

/** When to renew, in milliseconds since the epoch. */
export function renewalDueAt(identity: Identity, random: number): number {
  const { notBefore, notAfter } = certificateLife(identity);
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  return notBefore.getTime() + lifeMs * (2 / 3 + (random * 2 - 1) / 30);
}

export class CertificateRenewal implements Service {
  readonly name = 'certificate renewal';
  readonly #parts: CertificateRenewalParts;
  readonly #now: () => number;
  readonly #backoff: Backoff;
  #renewAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isWaitingForSession = false;
  #attempt: Promise<void> = Promise.resolve();

  constructor(parts: CertificateRenewalParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#backoff = parts.backoff ?? new Backoff({ firstMs: 60_000, maxMs: MAX_WAIT_MS });
  }

  async start(): Promise<void> {
    if (this.#isStopped || this.#timer !== undefined) return;
    this.#planRenewal();
    this.#waitUntilDue();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#attempt;
  }

  /** What is due and could not be asked for is asked for now. */
  sessionOpened(): void {
    if (!this.#isWaitingForSession) return;
    clearTimeout(this.#timer);
    this.#wait(0);
  }

  /**
   * A session was opened with this identity. The present one needs the one before no more; where the one before worked, it is
   * the present one again, and what it asked for is asked for anew.
   */
  identityWorks(identity: Identity): void {
    const { current } = this.#parts.identity;
    if (current.formerly === undefined) return;
    const { formerly: _, ...present } = current;
    const isFormer = identity.certificateChain === current.formerly.certificateChain;
    this.#parts.identity.replace(isFormer ? { ...present, ...current.formerly } : present);
    if (!isFormer) return;
    this.#parts.log.warn(
      { serial: this.#serial },
      'the controller does not know the present certificate and took the one before; it is renewed again',
    );
    this.#planRenewal();
    this.look();
  }

  /** There may be an order. What is under way is let end first. */
  look(): void {
    void this.#attempt.then(() => {
      clearTimeout(this.#timer);
      this.#wait(0);
    });
  }

  #planRenewal(): void {
    this.#renewAt = renewalDueAt(this.#parts.identity.current, (this.#parts.random ?? Math.random)());
  }

  #due(): Due {
    const renewal: Due = { step: 'renew', at: this.#renewAt };
    const order = this.#parts.rotation?.read();
    if (order === undefined) return renewal;
    if (order.serial === this.#serial) return { step: 'renew', at: 0 };
    const retireAt = Date.parse(order.keepOldUntil);
    return retireAt < renewal.at ? { step: 'retire', at: retireAt } : renewal;
  }

  get #serial(): string {
    return certificateLife(this.#parts.identity.current).serial;
  }

  #waitUntilDue(): void {
    this.#wait(Math.min(Math.max(0, this.#due().at - this.#now()), MAX_WAIT_MS));
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      const { step, at } = this.#due();
      if (this.#now() < at) this.#waitUntilDue();
      else this.#attempt = this.#take(step);
    }, ms);
    this.#timer.unref();
  }

  async #take(step: Due['step']): Promise<void> {
    try {
      const answer = step === 'renew' ? this.#renew() : this.#retire();
      this.#isWaitingForSession = answer === undefined;
      if (answer === undefined) return this.#wait(MAX_WAIT_MS);
      await answer;
      this.#backoff.reset();
      this.#waitUntilDue();
    } catch (error) {
      const waitMs = this.#backoff.nextMs();
      const what = step === 'renew' ? 'the certificate could not be renewed' : 'old certificates could not be revoked';
      this.#parts.log.warn({ error: messageOf(error), waitMs }, what);
      this.#wait(waitMs);
    }
  }

  #renew(): Promise<void> | undefined {
    const { privateKey, csr } = newCertificateRequest(this.#parts.commonName);
    return this.#parts.renew(csr)?.then((response) => this.#keep(privateKey, response));
  }

  #keep(privateKey: string, { certificateChain, caBundle }: RenewResponse): void {
    const { identity, log } = this.#parts;
    const renewed: Identity = {
      ...identity.current,
      privateKey,
      certificateChain,
      caBundle: caBundle || identity.current.caBundle,
      formerly: { privateKey: identity.current.privateKey, certificateChain: identity.current.certificateChain },
    };
    const { serial, notAfter } = certificateLife(renewed);
    identity.replace(renewed);
    log.info({ serial, notAfter: notAfter.toISOString() }, 'the certificate was renewed');
    this.#planRenewal();
    this.#parts.onRenewed(renewed);
  }

  #retire(): Promise<void> | undefined {
    const { rotation, log } = this.#parts;
    return this.#parts.revokeOthers(this.#serial)?.then(() => {
      rotation?.close();
      log.info({ serial: this.#serial }, 'the key was rotated, and all certificates of former keys are revoked');
    });
  }
}

interface Due {
  readonly step: 'renew' | 'retire';
  readonly at: number;
}
