import { type Connection, path } from '../connection.ts';
import { type CursorPage, walkCursor } from '../walk-pages.ts';

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}

export interface CreatedOrganisation extends Organisation {
  /** The first key of the organisation, shown once. */
  readonly api_key: string;
}

export type KeyKind = 'api' | 'arb' | 'otp' | 'scoped';

export interface KeyFields {
  readonly kind?: KeyKind;
  readonly name?: string;
  readonly scopes?: readonly string[];
  readonly expires_at?: string | null;
}

export interface CreatedKey {
  readonly id: string;
  readonly org_id: string | null;
  readonly kind: KeyKind | 'master' | 'metrics';
  readonly name: string;
  /** Its last characters. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  /** Shown once. */
  readonly api_key: string;
}

export interface Key extends Omit<CreatedKey, 'api_key'> {
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
}

export interface ScopeDescription {
  readonly name: string;
  readonly opens: string;
}

export interface AuditRow {
  readonly id: string;
  readonly position: number;
  readonly at: string;
  readonly subject: string;
  readonly action: string;
  readonly object: string | null;
  readonly address: string | null;
  /** `ok`, or the code of the refusal. */
  readonly outcome: string;
  readonly request_id: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly kind: 'keyed' | 'unkeyed';
  readonly hash: string;
}

/** Where the log ends, or ended. */
export interface AuditHead {
  readonly position: number;
  /** Hex. */
  readonly hash: string;
}

/** A part of the log in the order of its chain. */
export interface AuditSlice {
  readonly tenant_id: string;
  readonly after: AuditHead;
  readonly items: readonly AuditRow[];
  readonly head: AuditHead;
}

export interface AuditFilter {
  readonly subject?: string | undefined;
  readonly action?: string | undefined;
  readonly object?: string | undefined;
}

export interface AuditVerdict {
  readonly is_intact: boolean;
  readonly rows: number;
  /** Of these, rows of the time before keys. */
  readonly unkeyed_rows: number;
  readonly broken_at: number | null;
  readonly reason: 'changed' | 'removed' | 'unkeyed' | 'replaced' | 'cut' | null;
  readonly head: AuditHead;
}

export interface CertificateRecord {
  readonly serial: string;
  readonly purpose: 'node' | 'outpost' | 'controller';
  readonly subject: string;
  readonly node_id: string | null;
  readonly not_before: string;
  readonly not_after: string;
  readonly revoked_at: string | null;
  /** RFC 5280 §5.3.1. */
  readonly revocation_reason: number | null;
}

export interface Authority {
  readonly id: string;
  readonly kind: 'root' | 'intermediate';
  readonly not_before: string;
  readonly not_after: string;
  readonly is_issuing: boolean;
  /** PEM. */
  readonly certificate: string;
}

/** A machine with a certificate of this installation that the database does not know. */
export interface WaitingNode {
  readonly node_id: string;
  readonly hostname: string;
  readonly address: string;
  readonly certificate_ends_at: string;
  readonly first_seen_at: string;
  readonly last_seen_at: string;
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

  organisations(): AsyncGenerator<Organisation, void, void> {
    return this.#walk('/v1/orgs', {});
  }

  createOrganisation(name: string): Promise<CreatedOrganisation> {
    return this.#connection.json({ method: 'POST', path: '/v1/orgs', body: { name } });
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

  async scopes(): Promise<readonly ScopeDescription[]> {
    const { items } = await this.#connection.json<{ items: readonly ScopeDescription[] }>({ path: '/v1/scopes' });
    return items;
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

  authorities(): AsyncGenerator<Authority, void, void> {
    return this.#walk('/v1/authorities', {});
  }

  /** A new intermediate signs from now on; the old one stays trusted until its last leaf has ended. */
  rotateIntermediate(): Promise<Authority> {
    return this.#connection.json({ method: 'POST', path: '/v1/authorities/rotate-intermediate' });
  }

  #walk<Item>(at: string, filter: Readonly<Record<string, string | number | boolean | undefined>>) {
    return walkCursor((cursor) =>
      this.#connection.json<CursorPage<Item>>({ path: at, query: { ...filter, cursor, limit: 200 } }),
    );
  }
}
