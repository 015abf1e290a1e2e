import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { oidcIssuers } from './oidc-settings.ts';
import { quotaSettings } from './quota-settings.ts';
import {
  type Environment,
  readSettings,
  refuse,
  type Setting,
  type Settings,
  type Sources,
  type Values,
} from './read-settings.ts';
import {
  addressOrRange,
  choice,
  duration,
  endpoint,
  host,
  ipv4Range,
  type Kind,
  listOf,
  path,
  port,
  secret,
  size,
  text,
  url,
  wholeNumber,
  yesOrNo,
} from './setting-kinds.ts';

const seconds = 1_000;
const days = 86_400_000;
const mebibyte = 1_048_576;

/** Everything that can be set. The names on the left are those of `garrison.yaml`, where they have no unit. */
export const settings = {
  dataDir: {
    section: 'General',
    kind: path,
    env: ['GARRISON_DATA_DIR'],
    flag: 'data-dir',
    default: defaultDataDir,
    defaultText: '`/var/lib/garrison` for root, else `~/.local/share/garrison`',
    description:
      'Keys, certificates, artifacts and the embedded database. Belongs to one controller at a time; mode 0700.',
  },
  controllerName: {
    section: 'General',
    kind: text('letters, digits, dots and dashes, at most 63', /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/),
    env: ['GARRISON_CONTROLLER_NAME'],
    default: () =>
      hostname()
        .replace(/[^a-zA-Z0-9.-]/g, '-')
        .slice(0, 63),
    defaultText: 'the host name',
    description: 'What this controller is called among those that share a database.',
  },
  logLevel: {
    section: 'General',
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    env: ['GARRISON_LOG_LEVEL'],
    flag: 'log-level',
    default: 'info',
    description: 'The least important line that is still written.',
  },

  databaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://user:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['DATABASE_URL'],
    flag: 'database-url',
    defaultText: 'the embedded PostgreSQL in the data directory',
    description: 'PostgreSQL 15 or newer. Controllers that are given the same one form one system.',
  },
  migrationDatabaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://owner:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['GARRISON_MIGRATION_DATABASE_URL'],
    defaultText: '`DATABASE_URL`',
    description:
      'The same database as its owner: migrations and restore use it, so that the role of `DATABASE_URL` needs no more than to connect.',
  },
  directDatabaseUrl: {
    section: 'Database',
    kind: secret('a URL such as postgresql://user:password@host:5432/garrison', /^postgres(ql)?:\/\//),
    env: ['GARRISON_DIRECT_DATABASE_URL'],
    defaultText: '`DATABASE_URL`',
    description:
      'The same database without the pooler (PgBouncer) that `DATABASE_URL` leads through: for what needs a session of its own, which is LISTEN, the lease and migrations.',
  },
  postgresPrograms: {
    section: 'Database',
    kind: path,
    env: ['PG_BINDIR'],
    defaultText: 'those that npm has brought',
    description: 'Directory of `initdb` and `postgres` (15 or newer) for the embedded database.',
  },
  databaseConnections: {
    section: 'Database',
    kind: wholeNumber(2, 500),
    env: ['GARRISON_DATABASE_CONNECTIONS'],
    default: 20,
    description:
      'Most connections this controller opens, beside one for the bus and one for its lease; fewer where the role or the server allows fewer, and 8 in all are enough. The embedded server allows 60.',
  },

  apiHost: listener(
    'Listeners',
    host,
    'GARRISON_API_HOST',
    undefined,
    '127.0.0.1',
    'Where the API answers in plain HTTP.',
  ),
  apiPort: listener(
    'Listeners',
    port,
    'GARRISON_API_PORT',
    'port',
    7070,
    'Port of the API in plain HTTP; 0 picks a free one.',
  ),
  tlsHost: listener('Listeners', host, 'GARRISON_TLS_HOST', undefined, '0.0.0.0', 'Where the API answers over TLS.'),
  tlsPort: listener(
    'Listeners',
    port,
    'GARRISON_TLS_PORT',
    'tls-port',
    7443,
    'Port of the API over TLS, where clients may show a certificate; 0 picks a free one.',
  ),
  nodeHost: listener('Listeners', host, 'GARRISON_NODE_HOST', undefined, '0.0.0.0', 'Where nodes connect to.'),
  nodePort: listener(
    'Listeners',
    port,
    'GARRISON_NODE_PORT',
    'node-port',
    7071,
    'Port of the nodes (gRPC over TLS); 0 picks a free one.',
  ),
  nodeEndpoints: {
    section: 'Listeners',
    kind: listOf(endpoint),
    env: ['GARRISON_NODE_ENDPOINTS'],
    flag: 'node-endpoints',
    default: [],
    defaultText: 'the addresses of this host with the port of the nodes',
    description: 'Where nodes find the controllers: written into every join secret and into the certificate.',
  },
  tlsNames: {
    section: 'Listeners',
    kind: listOf(host),
    env: ['GARRISON_TLS_NAMES'],
    default: [],
    description:
      'Further names and addresses of the controller for its certificate, beside the host name and localhost.',
  },
  publicUrl: {
    section: 'Listeners',
    kind: url,
    env: ['GARRISON_PUBLIC_URL'],
    defaultText: 'the address of the API',
    description: 'How clients reach the API, for links in answers.',
  },
  trustedProxies: {
    section: 'Listeners',
    kind: listOf(addressOrRange),
    env: ['GARRISON_TRUSTED_PROXIES'],
    default: [],
    defaultText: 'none',
    description:
      'Proxies whose `X-SSL-Client-Cert` and `X-Forwarded-For` are believed. From any other address these headers are ignored.',
  },
  apiConnections: {
    section: 'Listeners',
    kind: wholeNumber(16, 1_000_000),
    env: ['GARRISON_API_CONNECTIONS'],
    default: 10_000,
    description: 'Most connections to the API, for each of its two listeners; further ones are closed at once.',
  },
  apiConnectionsPerAddress: {
    section: 'Listeners',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_API_CONNECTIONS_PER_ADDRESS'],
    default: 1_000,
    description:
      'Most of them from one IPv4 address, or from one IPv6 network of 64 bits. Does not apply to `trustedProxies`.',
  },
  nodeConnections: {
    section: 'Listeners',
    kind: wholeNumber(16, 1_000_000),
    env: ['GARRISON_NODE_CONNECTIONS'],
    default: 40_000,
    description: 'Most connections to the port of the nodes, those that wait for their turn included.',
  },
  nodeConnectionsPerAddress: {
    section: 'Listeners',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_NODE_CONNECTIONS_PER_ADDRESS'],
    default: 10_000,
    description:
      'Most of them from one address that have not joined or opened a session yet. Nodes behind one NAT that come back together need as many.',
  },
  dnsPort: {
    section: 'Listeners',
    kind: port,
    env: ['GARRISON_DNS_PORT'],
    defaultText: 'no DNS server',
    description: 'Port of the DNS server (UDP and TCP) that answers for `cluster-*.nm.internal`; 0 picks a free one.',
  },
  dnsHost: listener('Listeners', host, 'GARRISON_DNS_HOST', undefined, '127.0.0.1', 'Where the DNS server answers.'),

  secretKey: {
    section: 'Keys',
    kind: secret(
      '32 bytes in hex or base64; make them with: openssl rand -hex 32',
      /^([0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?)$/,
    ),
    env: ['GARRISON_SECRET_KEY'],
    defaultText: 'made at first start: `secret.key` in the data directory',
    description:
      'Seals what the database must not hold in clear. Controllers of one database need the same. Without it a backup cannot be used.',
  },
  masterKey: key('MASTER_KEY', 'master.key', 'Opens everything: it founds organisations and makes keys.'),
  apiKey: key('API_KEY', 'api.key', 'Opens the Edge Admin API.'),
  metricsKey: key('METRICS_KEY', 'metrics.key', 'Opens the metrics of Edge Admin, and nothing else.'),

  capacity: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 1_000_000),
    env: ['GARRISON_CAPACITY', 'ADMIN_MAX_WIREGUARD_PEERS'],
    default: 12_000,
    description:
      'Nodes this controller answers for, connected or away; every other controller takes the place of one. One process holds 10,000 connected nodes: the rest is room for its own node, for nodes that are away and for other controllers. With more nodes than all controllers have room for, what adds load is refused.',
  },
  adminClusterName: {
    section: 'Edge Admin',
    kind: text('lower-case letters, digits and dashes, at most 32', /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/),
    env: ['ADMIN_CLUSTER_NAME'],
    default: 'garrison',
    description: 'What the controllers of one database are called together.',
  },
  defaultClusterName: {
    section: 'Edge Admin',
    kind: text(
      'lower-case letters, digits and dashes, at most 24, and not "default"',
      /^(?!default$)[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$/,
    ),
    env: ['DEFAULT_CLUSTER_NAME'],
    defaultText: 'no default cluster',
    description: 'A cluster that is made at start and stands behind the paths `/clusters/default/…`.',
  },
  defaultClusterSubnet: {
    section: 'Edge Admin',
    kind: ipv4Range,
    env: ['DEFAULT_CLUSTER_SUBNET'],
    defaultText: 'the first free range',
    description: 'Range of the default cluster.',
  },
  defaultClusterNodeLimit: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 1_000_000),
    env: ['DEFAULT_CLUSTER_NODE_LIMIT'],
    defaultText: 'no limit',
    description: 'Most nodes in the default cluster.',
  },
  publicEnrollmentKeyEnabled: {
    section: 'Edge Admin',
    kind: yesOrNo,
    env: ['PUBLIC_ENROLLMENT_KEY_ENABLED'],
    default: false,
    description: 'Anybody who reaches the API gets a single-use key for the default cluster.',
  },
  executionPruningEnabled: {
    section: 'Edge Admin',
    kind: yesOrNo,
    env: ['EXECUTION_PRUNING_ENABLED'],
    default: false,
    description: 'Finished executions are deleted once they are old enough.',
  },
  executionRetentionDays: {
    section: 'Edge Admin',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['EXECUTION_PRUNING_RETENTION_DAYS'],
    default: 30,
    description: 'How old, in days.',
  },

  retentionDays: {
    section: 'General',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['GARRISON_RETENTION_DAYS'],
    default: 90,
    description: 'How many days fleet runs are kept with their output, and events.',
  },

  auditCheckpointFile: {
    section: 'General',
    kind: path,
    env: ['GARRISON_AUDIT_CHECKPOINT_FILE'],
    defaultText: '`audit-checkpoint.json` in the data directory',
    description:
      'Where the signed heads of the audit log are written. Keep copies on another machine: a log that was rewritten or cut off is found with them.',
  },
  auditCheckpointIntervalMs: {
    section: 'General',
    kind: duration(1 * seconds, 1 * days),
    env: ['GARRISON_AUDIT_CHECKPOINT_INTERVAL'],
    default: 300 * seconds,
    description: 'How often they are written, into the log too.',
  },

  trustDomain: {
    section: 'Org outposts',
    kind: text('a DNS name in lower case', /^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/),
    env: ['GARRISON_TRUST_DOMAIN'],
    default: 'arbitex.internal',
    description: 'End of the common names, and trust domain of the SPIFFE ids, in certificates.',
  },
  outpostInactiveAfterMs: {
    section: 'Org outposts',
    kind: duration(10 * seconds, 30 * days),
    env: ['GARRISON_OUTPOST_INACTIVE_AFTER'],
    default: 360 * seconds,
    description: 'An outpost without a sign of life for so long is `inactive`.',
  },

  nodeSharePercent: {
    section: 'Tenants',
    kind: wholeNumber(1, 100, 'percent'),
    env: ['GARRISON_TENANT_NODE_SHARE'],
    default: 80,
    description:
      'Percent of the room for nodes of all controllers that one tenant may take, so that no tenant leaves the others without any. The tenant of the installation itself may take all.',
  },
  ...quotaSettings,
  quotaKeptOutputBytes: {
    section: 'Tenants',
    kind: size(mebibyte, 1_000_000 * mebibyte),
    env: ['GARRISON_QUOTA_KEPT_OUTPUT'],
    default: 20_480 * mebibyte,
    description:
      'Most output that is kept of one tenant. At the bound nothing is refused: within a minute the output of the runs that began first goes, results and last lines stay.',
  },

  oidcIssuers: {
    section: 'Sign-in',
    kind: oidcIssuers,
    env: [],
    default: [],
    defaultText: 'none: only keys and tokens of our own',
    description:
      'Whose JWTs are accepted. A list; each with `issuer`, `audiences`, and optionally `jwksUrl`, `rolesClaim`, ' +
      '`scopesByRole`, `tenantClaim`, `teamsClaim`, `tenants` (those its claims may name; `team-*` for all that begin so), ' +
      '`maxTokenLifetimeSeconds` (a day), `delegations` (client id → tenants). With several issuers each needs `tenants`.',
  },

  heartbeatIntervalMs: {
    section: 'Nodes',
    kind: duration(1 * seconds, 60 * seconds),
    env: ['GARRISON_HEARTBEAT_INTERVAL'],
    default: 15 * seconds,
    description: 'How often a node says that it is there. It is `Unhealthy` once it has been silent for 90 s.',
  },
  metricsIntervalMs: {
    section: 'Nodes',
    kind: duration(1 * seconds, 120 * seconds),
    env: ['GARRISON_METRICS_INTERVAL'],
    default: 30 * seconds,
    description: 'How often a node tells the figures of its host and of itself. They are shown for five minutes.',
  },
  admissionRate: {
    section: 'Nodes',
    kind: wholeNumber(1, 100_000, 'nodes per second'),
    env: ['GARRISON_ADMISSION_RATE'],
    default: 500,
    description:
      'Nodes that may connect per second, a tenth of them at once. The others wait in order, and longer where the controller is busy.',
  },
  outputLimitBytes: {
    section: 'Nodes',
    kind: size(4_096, 1_024 * mebibyte),
    env: ['GARRISON_OUTPUT_LIMIT'],
    default: mebibyte,
    description: 'Bytes of stdout and of stderr that are kept per execution: head and tail, with a marker between.',
  },
} as const satisfies Settings;

export type ControllerConfig = Values<typeof settings>;

/** Variables of the command line and of the daemon, which a controller may find in its environment too. */
export const environmentOfOtherPrograms = [
  'GARRISON_API',
  'GARRISON_CA',
  'GARRISON_CONFIG',
  'GARRISON_EXECUTION_ID',
  'GARRISON_KEY',
  'GARRISON_ORG',
  'GARRISON_PROFILE',
  'GARRISON_STATE_DIR',
  'GARRISON_TENANT',
  'GARRISON_TOKEN',
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
  const config = readSettings(
    settings,
    { ...sources, file: findFile(sources) },
    { environment: environmentOfOtherPrograms },
  );
  refuse(contradictions(config));
  return config;
}

/** The keys that were given rather than made, by the names they have in the environment. */
export function givenKeys(config: ControllerConfig): Readonly<Record<string, string | undefined>> {
  return {
    GARRISON_SECRET_KEY: config.secretKey?.reveal(),
    MASTER_KEY: config.masterKey?.reveal(),
    API_KEY: config.apiKey?.reveal(),
    METRICS_KEY: config.metricsKey?.reveal(),
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

function defaultDataDir(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/garrison';
  return join(env.XDG_DATA_HOME?.trim() || join(env.HOME || homedir(), '.local', 'share'), 'garrison');
}

function contradictions(config: ControllerConfig): string[] {
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

function listener<T>(
  section: string,
  kind: Kind<T>,
  env: string,
  flag: string | undefined,
  value: T,
  description: string,
) {
  return { section, kind, env: [env], ...(flag !== undefined && { flag }), default: value, description };
}

function key(env: string, file: string, description: string) {
  const defaultText = `made at first start: \`${file}\` in the data directory`;
  return { section: 'Keys', kind: secret(), env: [env], defaultText, description };
}
