import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { lifeFrom, ScriptedAuthority } from '#test/support/scripted-listener.ts';
import { CertificateRenewal, type CertificateRenewalParts, renewalDueAt } from './certificate-renewal.ts';
import type { Identity } from './identity.ts';
import { heldInMemory } from './identity-holder.ts';

const DAY = 86_400_000;
const authority = new ScriptedAuthority();

function setup(life: { notBefore: Date; notAfter: Date }, parts: Partial<CertificateRenewalParts> = {}) {
  const identity = heldInMemory(authority.identity([], life));
  const asked: number[] = [];
  const renewed: Identity[] = [];
  const renewal = new CertificateRenewal({
    identity,
    log: silentLog,
    commonName: 'host',
    random: () => 0.5,
    onRenewed: (identity) => renewed.push(identity),
    renew: async (csr) => {
      asked.push(Date.now());
      return { certificateChain: authority.certify(csr, lifeFrom(0, 90)), caBundle: '', notAfter: undefined };
    },
    ...parts,
  });
  return { renewal, asked, renewed, identity };
}

describe('the time to renew', () => {
  it('is two thirds of the life, give or take a thirtieth', () => {
    const identity = authority.identity([], lifeFrom(0, 90));
    const start = Math.floor(Date.now() / 1000) * 1000;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const days = (renewalDueAt(identity, random) - start) / DAY;
        expect(days).toBeGreaterThan(56.9);
        expect(days).toBeLessThan(63.1);
      }),
    );
  });
});

describe('CertificateRenewal', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks at that time, however far away it is, and then at that of the new certificate', async () => {
    const start = Date.now();
    const { renewal, asked, renewed } = setup(lifeFrom(0, 90));
    await renewal.start();
    await vi.advanceTimersByTimeAsync(59.9 * DAY);
    expect(asked).toEqual([]);
    await vi.advanceTimersByTimeAsync(0.2 * DAY);
    expect(asked.length).toBe(1);
    expect(((asked[0] ?? 0) - start) / DAY).toBeCloseTo(60, 1);
    await vi.advanceTimersByTimeAsync(60.1 * DAY);
    expect(renewed.length).toBe(2);
    await renewal.stop();
  });

  it('tries again with growing waits when it is refused, and keeps what it has', async () => {
    let attempts = 0;
    const { renewal, renewed, identity } = setup(lifeFrom(-80, 10), {
      renew: async () => {
        attempts += 1;
        throw new Error('not now');
      },
    });
    const before = identity.current;
    await renewal.start();
    await vi.advanceTimersByTimeAsync(3 * 3_600_000);
    expect(attempts).toBeGreaterThan(4);
    expect(attempts).toBeLessThan(180);
    expect(renewed).toEqual([]);
    expect(identity.current).toBe(before);
    await renewal.stop();
  });

  it('keeps nothing of an answer that is no certificate', async () => {
    const { renewal, identity } = setup(lifeFrom(-80, 10), {
      renew: async () => ({ certificateChain: 'nonsense', caBundle: '', notAfter: undefined }),
    });
    const before = identity.current;
    await renewal.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(identity.current).toBe(before);
    await renewal.stop();
  });

  it('waits for a session where there is none', async () => {
    let isOpen = false;
    let attempts = 0;
    const { renewal, renewed } = setup(lifeFrom(-80, 10), {
      renew: (csr) => {
        attempts += 1;
        if (!isOpen) return undefined;
        return Promise.resolve({ certificateChain: authority.certify(csr), caBundle: '', notAfter: undefined });
      },
    });
    await renewal.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(attempts).toBe(1);
    isOpen = true;
    renewal.sessionOpened();
    await vi.advanceTimersByTimeAsync(1);
    expect(renewed.length).toBe(1);
    await renewal.stop();
  });
});

it('CertificateRenewal keeps the contract of services', async () => {
  await stressService(() => setup(lifeFrom(0, 90)).renewal);
});
