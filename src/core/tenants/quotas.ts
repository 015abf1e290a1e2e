import type { FleetErrorCode } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';
import { type Sql, sql } from '../kernel/sql.ts';

/** What a tenant has a bounded number of. */
export interface Quota {
  /** Name in `garrison.yaml`. */
  readonly setting: string;
  /** Name in the environment. */
  readonly env: string;
  readonly default: number;
  /** What is counted, for people: "at most 1000 clusters". */
  readonly noun: string;
  /** `conflict` for what somebody has to remove, `rate_limited` for what ends by itself. */
  readonly code: Extract<FleetErrorCode, 'conflict' | 'rate_limited'>;
  /** What to do when there is no more room. */
  readonly remedy: string;
  /** When to come back; only of `rate_limited`. */
  readonly retryAfterSeconds?: number;
  /** Selects one row for each thing the tenant has, so that counting can end at the bound. */
  readonly rows: (tenantId: TenantId) => Sql;
}

/**
 * Everything a tenant can make many of, with its bound: the master key can set another for one tenant. What is added to
 * the product later is entered here, and asked for with `claimQuota` in the transaction that makes it.
 *
 * Output is bounded too, and nothing is refused for it: see `core/executions/bound-output.ts`.
 */
export const QUOTAS = {
  nodes: {
    setting: 'quotaNodes',
    env: 'GARRISON_QUOTA_NODES',
    default: 100_000,
    noun: 'nodes',
    code: 'conflict',
    remedy: 'remove nodes that are not needed',
    rows: (tenantId) => sql`select from nodes where tenant_id = ${tenantId} and revoked_at is null`,
  },
  revokedCertificates: {
    setting: 'quotaRevokedCertificates',
    env: 'GARRISON_QUOTA_REVOKED_CERTIFICATES',
    default: 20_000,
    noun: 'revoked certificates that have not ended',
    code: 'rate_limited',
    remedy: 'no node can be added until some of them have ended',
    retryAfterSeconds: 3_600,
    rows: (tenantId) => sql`
      select from certificates where tenant_id = ${tenantId} and revoked_at is not null and not_after > now()`,
  },
  clusters: {
    setting: 'quotaClusters',
    env: 'GARRISON_QUOTA_CLUSTERS',
    default: 1_000,
    noun: 'clusters',
    code: 'conflict',
    remedy: 'delete clusters that are not needed',
    rows: (tenantId) => sql`select from clusters where tenant_id = ${tenantId} and not is_home`,
  },
  keys: {
    setting: 'quotaKeys',
    env: 'GARRISON_QUOTA_KEYS',
    default: 1_000,
    noun: 'keys that are good',
    code: 'conflict',
    remedy: 'revoke keys that are not needed',
    rows: (tenantId) => sql`
      select from api_keys
      where tenant_id = ${tenantId} and revoked_at is null and (expires_at is null or expires_at > now())`,
  },
  waitingApprovals: {
    setting: 'quotaWaitingApprovals',
    env: 'GARRISON_QUOTA_WAITING_APPROVALS',
    default: 1_000,
    noun: 'requests that wait for approval',
    code: 'rate_limited',
    remedy: 'decide about those that wait',
    retryAfterSeconds: 60,
    rows: (tenantId) => sql`select from approvals where tenant_id = ${tenantId} and state = 'waiting'`,
  },
  enrollmentKeys: {
    setting: 'quotaEnrollmentKeys',
    env: 'GARRISON_QUOTA_ENROLLMENT_KEYS',
    default: 10_000,
    noun: 'enrolment keys',
    code: 'conflict',
    remedy: 'delete enrolment keys that are not needed',
    rows: (tenantId) => sql`select from enrollment_keys where tenant_id = ${tenantId}`,
  },
  enrollmentTokens: {
    setting: 'quotaEnrollmentTokens',
    env: 'GARRISON_QUOTA_ENROLLMENT_TOKENS',
    default: 10_000,
    noun: 'enrolment tokens that wait for a host',
    code: 'rate_limited',
    remedy: 'withdraw some, or wait until they end',
    retryAfterSeconds: 60,
    rows: (tenantId) => sql`
      select from enrollment_tokens
      where tenant_id = ${tenantId} and issued_at > now() - interval '1 day' and expires_at > now()
        and redeemed_at is null and withdrawn_at is null`,
  },
  groups: {
    setting: 'quotaGroups',
    env: 'GARRISON_QUOTA_GROUPS',
    default: 1_000,
    noun: 'groups',
    code: 'conflict',
    remedy: 'delete groups that are not needed',
    rows: (tenantId) => sql`select from groups where tenant_id = ${tenantId}`,
  },
  aliases: {
    setting: 'quotaAliases',
    env: 'GARRISON_QUOTA_ALIASES',
    default: 50_000,
    noun: 'aliases',
    code: 'conflict',
    remedy: 'delete aliases that are not needed',
    rows: (tenantId) => sql`select from aliases where tenant_id = ${tenantId}`,
  },
  sshUsernames: {
    setting: 'quotaSshUsernames',
    env: 'GARRISON_QUOTA_SSH_USERNAMES',
    default: 50_000,
    noun: 'SSH usernames',
    code: 'conflict',
    remedy: 'delete SSH usernames that are not needed',
    rows: (tenantId) => sql`select from ssh_usernames where tenant_id = ${tenantId}`,
  },
  sshPublicKeys: {
    setting: 'quotaSshPublicKeys',
    env: 'GARRISON_QUOTA_SSH_PUBLIC_KEYS',
    default: 100_000,
    noun: 'SSH public keys',
    code: 'conflict',
    remedy: 'delete SSH public keys that are not needed',
    rows: (tenantId) => sql`select from ssh_public_keys where tenant_id = ${tenantId}`,
  },
  webhooks: {
    setting: 'quotaWebhooks',
    env: 'GARRISON_QUOTA_WEBHOOKS',
    default: 1_000,
    noun: 'webhooks',
    code: 'conflict',
    remedy: 'delete webhooks that are not needed',
    rows: (tenantId) => sql`select from webhooks where tenant_id = ${tenantId}`,
  },
  pendingExecutions: {
    setting: 'quotaPendingExecutions',
    env: 'GARRISON_QUOTA_PENDING_EXECUTIONS',
    default: 500_000,
    noun: 'executions that have not ended',
    code: 'rate_limited',
    remedy: 'cancel some, or wait until they end',
    retryAfterSeconds: 30,
    rows: (tenantId) => sql`
      select from runs join executions on executions.run_id = runs.id
      where runs.tenant_id = ${tenantId} and runs.state = 'running' and executions.state <> 'finished'`,
  },
  secrets: {
    setting: 'quotaSecrets',
    env: 'GARRISON_QUOTA_SECRETS',
    default: 1_000,
    noun: 'secrets',
    code: 'conflict',
    remedy: 'remove secrets that are not needed',
    rows: (tenantId) => sql`select from tenant_secrets where tenant_id = ${tenantId}`,
  },
  workspaces: {
    setting: 'quotaWorkspaces',
    env: 'GARRISON_QUOTA_WORKSPACES',
    default: 1_000,
    noun: 'workspaces',
    code: 'conflict',
    remedy: 'delete workspaces that are not needed',
    rows: (tenantId) => sql`select from workspaces where tenant_id = ${tenantId}`,
  },
  workspaceMebibytes: {
    setting: 'quotaWorkspaceMebibytes',
    env: 'GARRISON_QUOTA_WORKSPACE_MEBIBYTES',
    default: 102_400,
    noun: 'MiB in workspaces that are kept',
    code: 'conflict',
    remedy: 'delete workspaces that are not needed',
    rows: (tenantId) => sql`
      select from generate_series(1, (
        select coalesce(sum(size_bytes), 0) / 1048576 from workspaces where tenant_id = ${tenantId})::bigint)`,
  },
  waitingDispatches: {
    setting: 'quotaWaitingDispatches',
    env: 'GARRISON_QUOTA_WAITING_DISPATCHES',
    default: 100,
    noun: 'dispatches that wait',
    code: 'rate_limited',
    remedy: 'cancel some, or come back when some have started',
    retryAfterSeconds: 30,
    rows: (tenantId) => sql`select from dispatches where tenant_id = ${tenantId} and status = 'pending'`,
  },
  runningDispatches: {
    setting: 'quotaRunningDispatches',
    env: 'GARRISON_QUOTA_RUNNING_DISPATCHES',
    default: 10,
    noun: 'dispatches that run',
    code: 'rate_limited',
    remedy: 'further ones wait until some have ended',
    retryAfterSeconds: 30,
    rows: (tenantId) => sql`
      select from dispatches where tenant_id = ${tenantId} and run_id is not null and released_at is null`,
  },
} as const satisfies Record<string, Quota>;

export type QuotaKind = keyof typeof QUOTAS;

/** Every kind, in the order of the table. */
export const QUOTA_KINDS = Object.keys(QUOTAS) as readonly QuotaKind[]; // its own keys

/** In `quota_settings`, beside the kinds: percent of the room for nodes that one tenant may have. */
export const NODE_SHARE = 'nodeSharePercent';

/** What can be set for one tenant: every kind, and bytes of kept output. */
export const TENANT_BOUNDS = [...QUOTA_KINDS, 'keptOutputBytes'] as const;
