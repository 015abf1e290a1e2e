import type * as Console from '#surfaces/console/wire.ts';
import type * as Audit from '#surfaces/native/wire/audit.ts';
import type * as Certificates from '#surfaces/native/wire/certificates.ts';
import type * as Keys from '#surfaces/native/wire/keys.ts';
import type * as Orgs from '#surfaces/native/wire/orgs.ts';
import type * as ReachRules from '#surfaces/native/wire/reach-rules.ts';
import type * as Releases from '#surfaces/native/wire/releases.ts';
import type * as Secrets from '#surfaces/native/wire/secrets.ts';
import type * as TerminalSessions from '#surfaces/native/wire/terminal-sessions.ts';
import type * as TokenPolicies from '#surfaces/native/wire/token-policies.ts';
import type * as WaitingNodes from '#surfaces/native/wire/waiting-nodes.ts';
import type * as Webhooks from '#surfaces/native/wire/webhooks.ts';
import { type Connection, path } from '../connection.ts';
import { type CursorPage, walkCursor } from '../walk-pages.ts';
import type { Wire } from '../wire-type.ts';

export type ConsoleLink = Wire<typeof Console.LinkMade>;
export type Organisation = Wire<typeof Orgs.Organisation>;
/** With the first key of the organisation, shown once. */
export type CreatedOrganisation = Wire<typeof Orgs.CreatedOrganisation>;
/** What has a default may be left out. */
export type KeyFields = Partial<Wire<typeof Keys.CreateKeyRequest>>;
export type KeyKind = Wire<typeof Keys.CreateKeyRequest>['kind'];
export type CreatedKey = Wire<typeof Keys.CreatedKey>;
export type Key = Wire<typeof Keys.Key>;
type OfTenant = Wire<typeof TokenPolicies.TenantApprovalPolicy>;
type Scopes = Wire<typeof Keys.ScopeList>;
export type AuditRow = Wire<typeof Audit.AuditRow>;
/** A part of the log in the order of its chain. */
export type AuditSlice = Wire<typeof Audit.AuditExport>;
export type AuditVerdict = Wire<typeof Audit.AuditVerification>;
export type CertificateRecord = Wire<typeof Certificates.Certificate>;
export type Authority = Wire<typeof Certificates.Authority>;
export type TenantSecret = Wire<typeof Secrets.TenantSecret>;
/** A machine with a certificate of this installation that the database does not know. */
export type WaitingNode = Wire<typeof WaitingNodes.WaitingNode>;

export type TerminalSession = Wire<typeof TerminalSessions.TerminalSession>;

export interface TerminalSessionFilter {
  readonly nodeId?: string | undefined;
  readonly openOnly?: boolean | undefined;
}

/** What has to be approved before it starts. */
export type ApprovalPolicy = Wire<typeof TokenPolicies.ApprovalPolicy>;

export type ReachRule = Wire<typeof ReachRules.ReachRule>;
export type ReachAllowance = ReachRule['allow'][number];

export type Release = Wire<typeof Releases.Release>;
/** What releases are judged by. */
export type ReleaseKey = Wire<typeof Releases.ReleaseKey>;

export type AnyWebhook = Wire<typeof Webhooks.Webhook>;
export type AnyWebhookFields = Wire<typeof Webhooks.CreateWebhookRequest>;
export type WebhookChanges = Wire<typeof Webhooks.UpdateWebhookRequest>;

export interface AuditFilter {
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly object?: string | undefined;
}

export interface CertificateFilter {
  readonly nodeId?: string | undefined;
  readonly endsWithinDays?: number | undefined;
  /** Revoked and ended ones too. */
  readonly withOld?: boolean | undefined;
}

/** What no contract offers: organisations, keys and tokens, the audit log, certificates. Some of it wants the master key. */
export class NativeClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Signs a browser in, once. */
  createConsoleLink(): Promise<ConsoleLink> {
    return this.#connection.json({ method: 'POST', path: '/console/api/links' });
  }

  organisations(): AsyncGenerator<Organisation, void, void> {
    return this.#walk('/v1/orgs', {});
  }

  createOrganisation(name: string): Promise<CreatedOrganisation> {
    return this.#connection.json({ method: 'POST', path: '/v1/orgs', body: { name } });
  }

  async approvalPolicy(orgId: string): Promise<ApprovalPolicy | null> {
    return (await this.#connection.json<OfTenant>({ path: path`/v1/orgs/${orgId}/approval_policy` })).approval;
  }

  /** Null: nothing has to be approved. */
  async setApprovalPolicy(orgId: string, approval: ApprovalPolicy | null): Promise<ApprovalPolicy | null> {
    const at = path`/v1/orgs/${orgId}/approval_policy`;
    return (await this.#connection.json<OfTenant>({ method: 'PUT', path: at, body: { approval } })).approval;
  }

  organisationKeys(orgId: string): AsyncGenerator<Key, void, void> {
    return this.#walk(path`/v1/orgs/${orgId}/keys`, {});
  }

  createOrganisationKey(orgId: string, body: KeyFields = {}): Promise<CreatedKey> {
    return this.#connection.json({ method: 'POST', path: path`/v1/orgs/${orgId}/keys`, body });
  }

  revokeOrganisationKey(orgId: string, keyId: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/orgs/${orgId}/keys/${keyId}` });
  }

  /** Keys and tokens of the caller's own tenant. */
  keys(): AsyncGenerator<Key, void, void> {
    return this.#walk('/v1/keys', {});
  }

  createKey(body: KeyFields): Promise<CreatedKey> {
    return this.#connection.json({ method: 'POST', path: '/v1/keys', body });
  }

  revokeKey(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/keys/${id}` });
  }

  async scopes(): Promise<Scopes['items']> {
    const { items } = await this.#connection.json<Scopes>({ path: '/v1/scopes' });
    return items;
  }

  async reachRules(): Promise<readonly ReachRule[]> {
    const { items } = await this.#connection.json<{ items: ReachRule[] }>({ path: '/v1/reach-rules' });
    return items;
  }

  /** Takes the place of the one before. */
  setReachRule(rule: Pick<ReachRule, 'subject' | 'allow'>): Promise<ReachRule> {
    return this.#connection.json({ method: 'PUT', path: '/v1/reach-rules', body: rule });
  }

  async removeReachRule(subject: string): Promise<void> {
    await this.#connection.json({ method: 'DELETE', path: path`/v1/reach-rules/${subject}` });
  }

  /** The newest first. */
  audit(filter: AuditFilter = {}): AsyncGenerator<AuditRow, void, void> {
    return this.#walk('/v1/audit', { ...filter });
  }

  /** @param since POSITION:HASH */
  verifyAudit(since?: string): Promise<AuditVerdict> {
    return this.#connection.json({ path: '/v1/audit/verification', query: { since } });
  }

  /** The log in the order of its chain, in parts, as far as it goes when it is reached; at least one part. */
  async *auditExport(after: number): AsyncGenerator<AuditSlice, void, void> {
    for (let behind = after; ; ) {
      const slice = await this.#connection.json<AuditSlice>({ path: '/v1/audit/export', query: { after: behind } });
      yield slice;
      const last = slice.items.at(-1);
      if (last === undefined || last.position >= slice.head.position) return;
      behind = last.position;
    }
  }

  certificates(filter: CertificateFilter = {}): AsyncGenerator<CertificateRecord, void, void> {
    return this.#walk('/v1/certificates', {
      node_id: filter.nodeId,
      ends_within_days: filter.endsWithinDays,
      with_old: filter.withOld,
    });
  }

  waitingNodes(): AsyncGenerator<WaitingNode, void, void> {
    return this.#walk('/v1/waiting_nodes', {});
  }

  async admitNode(nodeId: string): Promise<void> {
    await this.#connection.json({ method: 'POST', path: '/v1/waiting_nodes/admissions', body: { node_id: nodeId } });
  }

  async secrets(): Promise<readonly TenantSecret[]> {
    const { items } = await this.#connection.json<{ items: readonly TenantSecret[] }>({ path: '/v1/secrets' });
    return items;
  }

  /** Takes the place of the one before. */
  setSecret(kind: TenantSecret['kind'], name: string, value: string): Promise<TenantSecret> {
    return this.#connection.json({ method: 'PUT', path: path`/v1/secrets/${kind}/${name}`, body: { value } });
  }

  removeSecret(kind: TenantSecret['kind'], name: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/secrets/${kind}/${name}` });
  }

  authorities(): AsyncGenerator<Authority, void, void> {
    return this.#walk('/v1/authorities', {});
  }

  /** A new intermediate signs from now on; the old one stays trusted until its last leaf has ended. */
  rotateIntermediate(): Promise<Authority> {
    return this.#connection.json({ method: 'POST', path: '/v1/authorities/rotate-intermediate' });
  }

  /** For events of any type. What is done with it then is in `EdgeAdminClient`. */
  createWebhook(body: AnyWebhookFields): Promise<AnyWebhook> {
    return this.#connection.json({ method: 'POST', path: '/v1/webhooks', body });
  }

  updateWebhook(id: string, body: WebhookChanges): Promise<AnyWebhook> {
    return this.#connection.json({ method: 'PATCH', path: path`/v1/webhooks/${id}`, body });
  }

  async eventTypes(): Promise<readonly string[]> {
    const { items } = await this.#connection.json<Wire<typeof Webhooks.EventTypeList>>({ path: '/v1/event_types' });
    return items;
  }

  terminalSessions(filter: TerminalSessionFilter = {}): AsyncGenerator<TerminalSession, void, void> {
    return this.#walk('/v1/terminal-sessions', { node_id: filter.nodeId, open: filter.openOnly });
  }

  terminalSession(id: string): Promise<TerminalSession> {
    return this.#connection.json({ path: path`/v1/terminal-sessions/${id}` });
  }

  endTerminalSession(id: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/terminal-sessions/${id}` });
  }

  /** asciicast v2. */
  terminalRecording(id: string): Promise<Response> {
    return this.#connection.stream({ path: path`/v1/terminal-sessions/${id}/recording` });
  }

  releases(): AsyncGenerator<Release, void, void> {
    return this.#walk('/v1/releases', {});
  }

  release(id: string): Promise<Release> {
    return this.#connection.json({ path: path`/v1/releases/${id}` });
  }

  announceRelease(signature: string): Promise<Release> {
    return this.#connection.json({ method: 'POST', path: '/v1/releases', body: { signature } });
  }

  /** Publishes it. */
  sendRelease(id: string, content: ReadableStream<Uint8Array>): Promise<Release> {
    return this.#connection.json({ method: 'PUT', path: path`/v1/releases/${id}/bundle`, content });
  }

  withdrawRelease(id: string): Promise<Release> {
    return this.#connection.json({ method: 'POST', path: path`/v1/releases/${id}/withdraw` });
  }

  releaseKey(): Promise<ReleaseKey> {
    return this.#connection.json({ path: '/v1/release_key' });
  }

  setReleaseKey(publicKey: string): Promise<ReleaseKey> {
    return this.#connection.json({ method: 'PUT', path: '/v1/release_key', body: { public_key: publicKey } });
  }

  #walk<Item>(at: string, filter: Readonly<Record<string, string | number | boolean | undefined>>) {
    return walkCursor((cursor) =>
      this.#connection.json<CursorPage<Item>>({ path: at, query: { ...filter, cursor, limit: 200 } }),
    );
  }
}
