import type { CertificateNames } from '#core/certificates/names.ts';
import { ensureDefaultCluster } from '#core/clusters/ensure-default-cluster.ts';
import { homeCluster } from '#core/clusters/home-cluster.ts';
import type { Clock } from '#core/kernel/clock.ts';
import type { Context } from '#core/kernel/context.ts';
import { newId, type TenantId } from '#core/kernel/ids.ts';
import type { Database } from '#core/kernel/sql.ts';
import { ensureSystemTenant } from '#core/tenants/ensure-tenant.ts';
import { quotaBounds } from '#core/tenants/quota-settings.ts';
import { writeQuotaSettings } from '#core/tenants/write-quotas.ts';
import type { ControllerConfig } from '../config.ts';
import { ensureFirstKeys, type FirstKeys } from '../first-keys.ts';
import type { ControllerSecrets } from '../secrets.ts';
import { settleSharedKeys } from '../shared-keys.ts';
import type { Base } from './base.ts';

export interface Installation {
  /** As settled with the other controllers of the database. */
  readonly secrets: ControllerSecrets;
  /** Likewise. */
  readonly names: CertificateNames;
  /** The operator's own. */
  readonly systemTenantId: TenantId;
  /** The controller itself, as somebody who acts. */
  readonly ctx: Context;
  readonly keys: FirstKeys;
}

export interface InstallationNeeds extends Base {
  readonly db: Database;
  readonly clock: Clock;
  readonly ownSecrets: ControllerSecrets;
}

/** What every controller of one database finds or makes at its start: shared keys, the first tenant, its keys and clusters. */
export async function settleInstallation({ db, clock, ...needs }: InstallationNeeds): Promise<Installation> {
  const { config, log, ownSecrets } = needs;
  const { dataDir, nodeSharePercent } = config;
  const { secrets, names } = await settleSharedKeys(db, { dataDir, names: namesIn(config), secrets: ownSecrets }, log);
  const { id: systemTenantId } = await ensureSystemTenant({ db, clock });
  await writeQuotaSettings(db, { bounds: quotaBounds(config), nodeSharePercent });
  const ctx = contextOf(systemTenantId, clock);
  const keys = await ensureFirstKeys(ctx, db, dataDir);
  await db.transaction((tx) => homeCluster(tx, systemTenantId, clock.now()));
  await settleDefaultCluster(db, config, { tenantId: systemTenantId, at: clock.now() });
  return { secrets, names, systemTenantId, ctx, keys };
}

function namesIn({ trustDomain, outpostSuffix }: Base['config']): Partial<CertificateNames> {
  return { ...(trustDomain !== undefined && { trustDomain }), ...(outpostSuffix !== undefined && { outpostSuffix }) };
}

function contextOf(tenantId: TenantId, clock: Clock): Context {
  return {
    principal: { kind: 'system', subject: 'controller', name: 'controller', tenantId, scopes: 'all', isMaster: false },
    tenantId,
    requestId: newId(),
    signal: new AbortController().signal,
    clock,
  };
}

async function settleDefaultCluster(
  db: Database,
  { defaultClusterName: name, defaultClusterSubnet, defaultClusterNodeLimit }: ControllerConfig,
  owner: { readonly tenantId: TenantId; readonly at: Date },
): Promise<void> {
  if (name === undefined) return;
  const range = { ipv4Range: defaultClusterSubnet ?? null, nodeLimit: defaultClusterNodeLimit ?? null };
  await ensureDefaultCluster({ db }, { name, ...range, ...owner });
}
