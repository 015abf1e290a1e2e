import { type Connection, path } from '../connection.ts';

/** What passes over the wire of the org-outposts surface (seed 000). Times are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface Outpost {
  readonly id: string;
  readonly org_id: string;
  readonly outpost_name: string;
  readonly region: string;
  readonly deployment_env: string | null;
  readonly status: 'active' | 'inactive' | 'cert_expired' | 'deregistered';
  readonly cert_issued_at: string | null;
  readonly cert_expires_at: string | null;
  readonly created_at: string;
  readonly deregistered_at: string | null;
  readonly last_seen: string | null;
  readonly outpost_version: string | null;
  readonly policy_version: string | null;
  readonly dlp_model_version: string | null;
  readonly pending_audit_events: number | null;
  readonly tier3_active: boolean | null;
}

/** Shown once, at registration and at renewal: the controller keeps no copy of the key. */
export interface OutpostBundle {
  readonly outpost: Outpost;
  readonly client_cert: string;
  readonly client_key: string;
  readonly ca_bundle: string;
}

export interface OutpostFields {
  readonly outpost_name: string;
  readonly region: string;
  readonly deployment_env?: string | null;
}

/** `/v1/orgs/{org}/outposts`, with an organisation's own key or the master key. */
export class OrgOutpostsClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  register(orgId: string, body: OutpostFields): Promise<OutpostBundle> {
    return this.#connection.json({ method: 'POST', path: path`/v1/orgs/${orgId}/outposts`, body });
  }

  list(orgId: string): Promise<readonly Outpost[]> {
    return this.#connection.json({ path: path`/v1/orgs/${orgId}/outposts` });
  }

  get(orgId: string, outpostId: string): Promise<Outpost> {
    return this.#connection.json({ path: path`/v1/orgs/${orgId}/outposts/${outpostId}` });
  }

  renew(orgId: string, outpostId: string): Promise<OutpostBundle> {
    return this.#connection.json({
      method: 'POST',
      path: path`/v1/orgs/${orgId}/outposts/${outpostId}/renew`,
      body: {},
    });
  }

  deregister(orgId: string, outpostId: string): Promise<void> {
    return this.#connection.json({ method: 'DELETE', path: path`/v1/orgs/${orgId}/outposts/${outpostId}` });
  }
}
