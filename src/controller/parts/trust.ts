import { pki } from '#adapters/pki/pki.ts';
import { Authorities } from '#core/certificates/authorities.ts';
import { ControllerCertificate } from '#core/certificates/controller-certificate.ts';
import type { CertificateNames } from '#core/certificates/names.ts';
import { RevocationLists } from '#core/certificates/revocation-lists.ts';
import { RevokedSerials } from '#core/certificates/revoked-serials.ts';
import type { DatabaseClock } from '#core/controllers/database-clock.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import type { Database } from '#core/kernel/sql.ts';
import { certificateNames } from '../own-addresses.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';

export interface TrustNeeds extends Base {
  readonly db: Database;
  readonly bus: Bus;
  readonly clock: DatabaseClock;
  readonly sealer: Sealer;
  readonly systemTenantId: TenantId;
  readonly names: CertificateNames;
}

export type TrustPart = Awaited<ReturnType<typeof startTrust>>;

/** Whom nodes and controllers are known by: authorities, what was revoked, and the certificate of this controller. */
export async function startTrust(stack: ServiceStack, { config, ...needs }: TrustNeeds) {
  const { clock, names } = needs;
  const authorities = await stack.start('authorities', new Authorities({ ...needs, pki }));
  const issuing = { pki, authorities, clock, names, mayIssue: () => clock.refuseWhereCertificatesWouldBeWrong() };
  const revokedSerials = await stack.start('revoked serials', new RevokedSerials(needs));
  const revocationLists = await stack.start('revocation lists', new RevocationLists({ ...needs, pki, authorities }));
  const certificate = await stack.start(
    'controller certificate',
    new ControllerCertificate({
      ...needs,
      ...issuing,
      commonName: config.controllerName,
      get dnsNames() {
        return certificateNames(config).dnsNames;
      },
      get ipAddresses() {
        return certificateNames(config).ipAddresses;
      },
    }),
  );
  return { authorities, issuing, revokedSerials, revocationLists, certificate };
}

/** What a listener shows, and whom it believes. */
export function tlsIdentity({ certificate, authorities }: Pick<TrustPart, 'certificate' | 'authorities'>) {
  const { chainPem, privateKeyPem } = certificate.current;
  return { certificateChain: chainPem, privateKey: privateKeyPem.reveal(), clientAuthorities: authorities.bundlePem };
}
