import type * as Schemas from '#surfaces/org-outposts/wire.ts';
import { type Connection, path } from '../connection.ts';
import type { Wire } from '../wire-type.ts';

/** Times are `YYYY-MM-DDTHH:MM:SSZ`. */
export type Outpost = Wire<typeof Schemas.OutpostResponse>;
/** Shown once, at registration and at renewal: the controller keeps no copy of the key. */
export type OutpostBundle = Wire<typeof Schemas.OutpostBundle>;
type OutpostFields = Wire<typeof Schemas.RegisterOutpostRequest>;

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
