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

export interface OrganisationKey {
  readonly id: string;
  readonly org_id: string;
  readonly name?: string;
  /** Its last characters. */
  readonly hint?: string;
  readonly created_at: string;
  readonly last_used_at?: string | null;
  readonly revoked_at?: string | null;
}

export interface CreatedKey extends OrganisationKey {
  /** Shown once. */
  readonly api_key: string;
}

export interface CertificateRecord {
  readonly serial: string;
  readonly purpose: 'node' | 'outpost' | 'controller';
  readonly subject: string;
  readonly node_id: string | null;
  readonly not_before: string;
  readonly not_after: string;
  readonly revoked_at: string | null;
  readonly revocation_reason?: string | number | null;
}

export interface Authority {
  readonly id: string;
  readonly kind: 'root' | 'intermediate';
  readonly subject?: string;
  readonly not_before: string;
  readonly not_after: string;
  readonly is_issuing: boolean;
}

export interface CertificateFilter {
  readonly nodeId?: string | undefined;
  readonly endsWithinDays?: number | undefined;
  /** Revoked and ended ones too. */
  readonly withOld?: boolean | undefined;
}

/** What no contract offers: organisations and their keys, certificates. With the master key. */
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

  organisationKeys(orgId: string): AsyncGenerator<OrganisationKey, void, void> {
    return this.#walk(path`/v1/orgs/${orgId}/keys`, {});
  }

  createOrganisationKey(orgId: string): Promise<CreatedKey> {
    return this.#connection.json({ method: 'POST', path: path`/v1/orgs/${orgId}/keys`, body: {} });
  }

  revokeOrganisationKey(orgId: string, keyId: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/orgs/${orgId}/keys/${keyId}` });
  }

  certificates(filter: CertificateFilter = {}): AsyncGenerator<CertificateRecord, void, void> {
    return this.#walk('/v1/certificates', {
      node_id: filter.nodeId,
      ends_within_days: filter.endsWithinDays,
      with_old: filter.withOld,
    });
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
