import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '#runtime/log.ts';
import { stressService } from '#runtime/service-stress.ts';
import { lifeFrom, ScriptedAuthority } from '#test/support/scripted-listener.ts';
import { CertificateRenewal, type CertificateRenewalParts, renewalDueAt } from './certificate-renewal.ts';
import { certificateLife, type Identity } from './identity.ts';
import { heldInMemory, holdIdentity } from './identity-holder.ts';
import type { RotationDesk, RotationOrder } from './rotation-order.ts';

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
    revokeOthers: () => undefined,
    renew: async (csr) => {
      asked.push(Date.now());
      return { certificateChain: authority.certify(csr, lifeFrom(0, 90)), caBundle: '', notAfter: undefined };
    },
    ...parts,
  });
  return { renewal, asked, renewed, identity };
}

describe('the time to renew', () => {
  test('is two thirds of the life, give or take a thirtieth', () => {
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

  test('asks at that time, however far away it is, and then at that of the new certificate', async () => {
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

  test('tries again with growing waits when it is refused, and keeps what it has', async () => {
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

  test('keeps nothing of an answer that is no certificate', async () => {
    const { renewal, identity } = setup(lifeFrom(-80, 10), {
      renew: async () => ({ certificateChain: 'nonsense', caBundle: '', notAfter: undefined }),
    });
    const before = identity.current;
    await renewal.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect(identity.current).toBe(before);
    await renewal.stop();
  });

  test('waits for a session where there is none', async () => {
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

describe('a rotation of the key', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** One life of a daemon after the other on the same disk: a step that throws is where it dies. */
  function host() {
    const disk = { identity: authority.identity([], lifeFrom(0, 90)), order: undefined as RotationOrder | undefined };
    const serials: string[] = [];
    const retired: string[] = [];
    const serial = () => certificateLife(disk.identity).serial;
    const desk: RotationDesk = {
      read: () => disk.order,
      order: (order) => {
        disk.order = order;
      },
      close: () => {
        disk.order = undefined;
      },
    };
    return {
      disk,
      serials,
      retired,
      serial,
      desk,
      order: (keepOldMs = 0) =>
        desk.order({ serial: serial(), keepOldUntil: new Date(Date.now() + keepOldMs).toISOString() }),
      async live(forMs: number, faults: { keep?: () => never; close?: () => never } = {}) {
        const renewal = setup(lifeFrom(0, 90), {
          identity: holdIdentity(disk.identity, (next) => {
            faults.keep?.();
            disk.identity = next;
          }),
          rotation: { ...desk, close: faults.close ?? desk.close },
          renew: async (csr) => {
            const certificateChain = authority.certify(csr, lifeFrom(0, 90));
            serials.push(certificateLife({ ...disk.identity, certificateChain }).serial);
            return { certificateChain, caBundle: '', notAfter: undefined };
          },
          revokeOthers: async (kept) => retired.push(kept),
        }).renewal;
        await renewal.start();
        await vi.advanceTimersByTimeAsync(forMs);
        await renewal.stop();
      },
    };
  }

  const die = () => {
    throw new Error('killed');
  };

  test('makes a new key at once, has the former certificates revoked, and is done', async () => {
    const { disk, serials, retired, order, live, serial } = host();
    const before = disk.identity;
    order();
    await live(1000);
    expect([serial()]).toEqual(serials);
    expect(retired).toEqual(serials);
    expect(disk.identity.privateKey).not.toBe(before.privateKey);
    expect(disk.order).toBeUndefined();
    await live(1000);
    expect([serials.length, retired.length]).toEqual([1, 1]);
  });

  test('is noticed while the daemon runs when it is told to look', async () => {
    const { serials, order, desk, disk } = host();
    const { renewal, renewed } = setup(lifeFrom(0, 90), { identity: heldInMemory(disk.identity), rotation: desk });
    await renewal.start();
    order();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([serials.length, renewed.length]).toEqual([0, 0]);
    renewal.look();
    await vi.advanceTimersByTimeAsync(1000);
    expect(renewed.length).toBe(1);
    await renewal.stop();
  });

  test('goes on after a death before the new key is kept: another one is made, and the lost certificate is revoked too', async () => {
    const { serials, retired, order, live, serial, disk } = host();
    order();
    const before = serial();
    await live(1, { keep: die });
    expect([serial(), serials.length, retired.length]).toEqual([before, 1, 0]);
    await live(1000);
    expect(serials.length).toBe(2);
    expect([serial()]).toEqual(serials.slice(1));
    expect(retired).toEqual([serial()]);
    expect(disk.order).toBeUndefined();
  });

  test('goes on after a death between revocation and the end: it is asked for again and nothing else is done', async () => {
    const { serials, retired, order, live, serial, disk } = host();
    order();
    await live(1, { close: die });
    expect(disk.order).toBeDefined();
    await live(1000);
    expect(serials).toEqual([serial()]);
    expect(retired).toEqual([serial(), serial()]);
    expect(disk.order).toBeUndefined();
  });

  test('leaves the former certificates good for as long as the order says', async () => {
    const { retired, order, live, serial } = host();
    order(DAY);
    await live(0.9 * DAY);
    expect(retired).toEqual([]);
    await live(0.2 * DAY);
    expect(retired).toEqual([serial()]);
  });
});

test('CertificateRenewal keeps the contract of services', async () => {
  await stressService(() => setup(lifeFrom(0, 90)).renewal);
});
