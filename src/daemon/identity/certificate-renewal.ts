/**
 * Renews the certificate at two thirds of its life, earlier or later by a thirtieth so that a fleet that joined in one
 * hour does not renew in one. A new key is made for it. The order: ask, keep key and certificate in one step, tell that
 * the identity has changed. A crash before the second step costs a certificate nobody has the key of; the old one is
 * good until its end and the renewal is asked for again.
 */
import type { RenewResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import { Backoff } from '#runtime/backoff.ts';
import type { Log } from '#runtime/log.ts';
import type { Service } from '#runtime/service.ts';
import { messageOf } from '../daemon-error.ts';
import { newCertificateRequest } from './certificate-request.ts';
import { certificateLife, type Identity } from './identity.ts';
import type { IdentityHolder } from './identity-holder.ts';

export interface CertificateRenewalParts {
  readonly identity: IdentityHolder;
  /** Undefined while there is no session to ask on; then `sessionOpened` is waited for. */
  readonly renew: (csr: Buffer) => Promise<RenewResponse> | undefined;
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
  #dueAt = 0;
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
    if (!this.#isStopped && this.#timer === undefined) this.#plan();
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

  #plan(): void {
    this.#dueAt = renewalDueAt(this.#parts.identity.current, (this.#parts.random ?? Math.random)());
    this.#waitUntilDue();
  }

  #waitUntilDue(): void {
    this.#wait(Math.min(Math.max(0, this.#dueAt - this.#now()), MAX_WAIT_MS));
  }

  #wait(ms: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      if (this.#now() < this.#dueAt) this.#waitUntilDue();
      else this.#attempt = this.#renew();
    }, ms);
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { identity, log } = this.#parts;
    try {
      const { privateKey, csr } = newCertificateRequest(this.#parts.commonName);
      const answer = this.#parts.renew(csr);
      this.#isWaitingForSession = answer === undefined;
      if (answer === undefined) return this.#wait(MAX_WAIT_MS);
      const { certificateChain, caBundle } = await answer;
      const renewed: Identity = {
        ...identity.current,
        privateKey,
        certificateChain,
        caBundle: caBundle || identity.current.caBundle,
      };
      const { serial, notAfter } = certificateLife(renewed);
      identity.replace(renewed);
      this.#backoff.reset();
      log.info({ serial, notAfter: notAfter.toISOString() }, 'the certificate was renewed');
      this.#parts.onRenewed(renewed);
      this.#plan();
    } catch (error) {
      const waitMs = this.#backoff.nextMs();
      log.warn({ error: messageOf(error), waitMs }, 'the certificate could not be renewed');
      this.#wait(waitMs);
    }
  }
}
