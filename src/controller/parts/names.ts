import { DnsServer } from '#adapters/dns/dns-server.ts';
import { overlayNames } from '#core/clusters/overlay-names.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';

export interface NamesNeeds extends Base {
  readonly db: Database;
  readonly systemTenantId: TenantId;
}

/** The DNS server that answers for the names of nodes, where one is configured. */
export async function startNames(stack: ServiceStack, { config, log, db, systemTenantId }: NamesNeeds): Promise<void> {
  const { dnsHost: host, dnsPort: port } = config;
  if (port === undefined) return;
  const names = overlayNames({ db, systemTenantId });
  await stack.start('dns', new DnsServer({ host, port, names, log }));
}
