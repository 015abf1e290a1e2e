import { randomBytes } from 'node:crypto';
import { pki } from '#adapters/pki/pki.ts';
import { Authorities } from '#core/certificates/authorities.ts';
import { DEFAULT_NAMES } from '#core/certificates/names.ts';
import { RevocationLists } from '#core/certificates/revocation-lists.ts';
import { RevokedSerials } from '#core/certificates/revoked-serials.ts';
import type { Bus } from '#core/kernel/bus.ts';
import { type Clock, systemClock } from '#core/kernel/clock.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { MemoryBus } from './memory-bus.ts';

export interface TestCertificatesOptions {
  readonly db: Database;
  readonly clock?: Clock;
  /** Controllers that share one hear each other. */
  readonly bus?: Bus;
  /** Controllers of one database need the same. */
  readonly sealer?: Sealer;
}

/** The certificate services of one controller, started. A failing background pass fails the test. */
export async function startCertificates({
  db,
  clock = systemClock,
  bus = new MemoryBus(),
  sealer = new Sealer(randomBytes(32)),
}: TestCertificatesOptions) {
  const { id: systemTenantId } = await ensureSystemTenant({ db, clock });
  const onFailure = (error: unknown) => {
    throw error;
  };
  const shared = { db, clock, bus, pki, sealer, systemTenantId, names: DEFAULT_NAMES, onFailure };
  const authorities = new Authorities(shared);
  await authorities.start();
  const revokedSerials = new RevokedSerials(shared);
  await revokedSerials.start();
  const revocationLists = new RevocationLists({ ...shared, authorities });
  await revocationLists.start();
  return {
    ...shared,
    authorities,
    revokedSerials,
    revocationLists,
    async stop() {
      for (const service of [revocationLists, revokedSerials, authorities]) await service.stop();
    },
  };
}
