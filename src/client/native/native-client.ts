import { type Connection, path } from '../connection.ts';

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}

export interface CreatedOrganisation extends Organisation {
  /** The first key of the organisation, shown once. */
  readonly api_key: string;
}

export interface CreatedKey {
  readonly id: string;
  readonly org_id: string;
  readonly created_at: string;
  /** Shown once. */
  readonly api_key: string;
}

/** What no contract offers: organisations and their keys, certificates. With the master key. */
export class NativeClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  createOrganisation(name: string): Promise<CreatedOrganisation> {
    return this.#connection.json({ method: 'POST', path: '/v1/orgs', body: { name } });
  }

  createOrganisationKey(orgId: string): Promise<CreatedKey> {
    return this.#connection.json({ method: 'POST', path: path`/v1/orgs/${orgId}/keys`, body: {} });
  }
}
