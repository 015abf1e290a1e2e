import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { artifactStoreSettings } from '#adapters/artifacts/settings.ts';
import { brokerSettings } from '#adapters/brokers/settings.ts';
import { busSettings } from '#adapters/bus/settings.ts';
import { dnsSettings } from '#adapters/dns/settings.ts';
import { oidcSettings } from '#adapters/oidc/settings.ts';
import { databaseSettings } from '#adapters/postgres/settings.ts';
import { accessSettings } from '#core/access/settings.ts';
import { artifactSettings } from '#core/artifacts/settings.ts';
import { certificateSettings } from '#core/certificates/settings.ts';
import { clusterSettings } from '#core/clusters/settings.ts';
import { pruningSettings } from '#core/commands/settings.ts';
import { capacitySettings } from '#core/controllers/settings.ts';
import { retentionSettings } from '#core/days/settings.ts';
import { dispatchSettings } from '#core/dispatches/settings.ts';
import { eventSettings } from '#core/events/settings.ts';
import { outputSettings } from '#core/executions/settings.ts';
import { outpostSettings } from '#core/outposts/settings.ts';
import { releaseSettings } from '#core/releases/settings.ts';
import { tenantSettings } from '#core/tenants/settings.ts';
import { webhookSettings } from '#core/webhooks/settings.ts';
import {
  type Origin,
  originsOf,
  readSettings,
  refuse,
  type Setting,
  type Settings,
  type Sources,
  type Values,
} from '#settings/read-settings.ts';
import { readSettingsFile } from '#settings/settings-file.ts';
import { edgeAdminSettings } from '#surfaces/edge-admin/settings.ts';
import { httpSettings } from '#surfaces/http/settings.ts';
import { mcpSettings } from '#surfaces/mcp/settings.ts';
import { nodeSessionSettings } from '#surfaces/node-session/settings.ts';
import { tunnelSettings } from '#surfaces/tunnels/settings.ts';
import { auditSettings } from './audit/settings.ts';
import { defaultDataDir } from './default-data-dir.ts';
import { generalSettings } from './general-settings.ts';

/** Everything that can be set, each by the room it is for. The names are those of `garrison.yaml`, where they have no unit. */
export const settings = {
  ...generalSettings,
  ...databaseSettings,
  ...httpSettings,
  ...nodeSessionSettings,
  ...dnsSettings,
  ...tunnelSettings,
  ...accessSettings,
  ...capacitySettings,
  ...busSettings,
  ...brokerSettings,
  ...clusterSettings,
  ...edgeAdminSettings,
  ...mcpSettings,
  ...pruningSettings,
  ...retentionSettings,
  ...auditSettings,
  ...certificateSettings,
  ...outpostSettings,
  ...tenantSettings,
  ...outputSettings,
  ...artifactSettings,
  ...artifactStoreSettings,
  ...dispatchSettings,
  ...eventSettings,
  ...webhookSettings,
  ...releaseSettings,
  ...oidcSettings,
} as const satisfies Settings;

export type ControllerConfig = Values<typeof settings> & {
  /** Where each value came from that is not a default. */
  readonly origins: Readonly<Record<string, Origin>>;
};

/** Variables of the command line and of the daemon, which a controller may find in its environment too. */
export const environmentOfOtherPrograms = [
  'GARRISON_AGENTS',
  'GARRISON_AGENTS_DIR',
  'GARRISON_DISPATCH_ID',
  'GARRISON_GIT_BASE_URL',
  'GARRISON_API',
  'GARRISON_CA',
  'GARRISON_CONFIG',
  'GARRISON_EXECUTION_ID',
  'GARRISON_KEY',
  'GARRISON_ORG',
  'GARRISON_PROFILE',
  'GARRISON_RELEASES',
  'GARRISON_STATE_DIR',
  'GARRISON_TENANT',
  'GARRISON_TOKEN',
  'GARRISON_UPDATE_PROBATION',
] as const;

export interface ConfigSources extends Omit<Sources, 'file'> {
  /** Where a file is looked for last. Default `/etc/garrison/garrison.yaml`. */
  readonly systemFile?: string;
}

/**
 * The configuration of a controller: flags before environment before `garrison.yaml` before defaults. The file is the
 * one named by `--config` or `GARRISON_CONFIG`, else the one in the data directory, else the system's.
 *
 * @throws FleetError `invalid` that lists every problem
 */
export function readConfig(sources: ConfigSources): ControllerConfig {
  const path = findFile(sources);
  const read = { ...sources, file: path === undefined ? undefined : readSettingsFile(path) };
  const values = readSettings(settings, read, { environment: environmentOfOtherPrograms });
  refuse(contradictions(values));
  return { ...values, origins: originsOf(settings, read) };
}

/** The keys that were given rather than made, by the names they have in the environment. */
export function givenKeys(config: ControllerConfig): Readonly<Record<string, string | undefined>> {
  return {
    GARRISON_SECRET_KEY: config.secretKey?.reveal(),
    MASTER_KEY: config.masterKey?.reveal(),
    API_KEY: config.apiKey?.reveal(),
    METRICS_KEY: config.metricsKey?.reveal(),
    PROXY_KEY: config.proxyKey?.reveal(),
  };
}

/** For commander: every setting that has a flag, and `--config`. */
export function configFlags(): { readonly definition: string; readonly description: string }[] {
  const flags = Object.values<Setting<unknown>>(settings).flatMap(({ flag, kind, description }) =>
    flag === undefined ? [] : [{ definition: `--${flag} <${kind.name.replaceAll(' ', '-')}>`, description }],
  );
  return [{ definition: '--config <file>', description: 'Configuration file.' }, ...flags];
}

function findFile({
  flags = {},
  env,
  cwd = process.cwd(),
  systemFile = '/etc/garrison/garrison.yaml',
}: ConfigSources): string | undefined {
  const named = flags.config ?? (env.GARRISON_CONFIG?.trim() || undefined);
  if (typeof named === 'string') return resolve(cwd, named);
  const dataDir = flags.dataDir ?? (env.GARRISON_DATA_DIR?.trim() || defaultDataDir(env));
  return [resolve(cwd, String(dataDir), 'garrison.yaml'), systemFile].find((file) => existsSync(file));
}

function contradictions(config: Values<typeof settings>): string[] {
  const problems: string[] = [];
  const ports = { apiPort: config.apiPort, tlsPort: config.tlsPort, nodePort: config.nodePort };
  const byPort = Map.groupBy(
    Object.entries(ports).filter(([, number]) => number !== 0),
    ([, number]) => number,
  );
  for (const [number, users] of byPort) {
    if (users.length > 1)
      problems.push(`${users.map(([name]) => name).join(' and ')} are both ${number}: give each its own port, or 0`);
  }
  if (config.oidcIssuers.length > 1) {
    for (const { issuer, tenants } of config.oidcIssuers) {
      if (tenants === undefined)
        problems.push(
          `oidcIssuers: ${issuer} has no tenants: with several issuers, list the tenants that each may name, such as [acme, team-*], or [] for none`,
        );
    }
  }
  if (config.defaultClusterName === undefined) {
    for (const name of ['defaultClusterSubnet', 'defaultClusterNodeLimit'] as const) {
      if (config[name] !== undefined)
        problems.push(`${name} is set and defaultClusterName is not: set DEFAULT_CLUSTER_NAME too`);
    }
  }
  for (const name of ['migrationDatabaseUrl', 'directDatabaseUrl'] as const) {
    if (config[name] !== undefined && config.databaseUrl === undefined)
      problems.push(`${name} is set and databaseUrl is not: set DATABASE_URL too`);
  }
  return problems;
}
