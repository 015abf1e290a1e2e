import type { RenewResponse, RevokeOthersResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Connection } from '../session/connection.ts';

/** What a node asks of a controller about its certificates, on the connection of the session; undefined where there is none. */
export class CertificateCalls {
  readonly #connection: () => Connection | undefined;

  constructor(connection: () => Connection | undefined) {
    this.#connection = connection;
  }

  /** Asks for a certificate over `csr`. */
  renew(csr: Buffer): Promise<RenewResponse> | undefined {
    const client = this.#connection()?.client;
    if (client === undefined) return undefined;
    return new Promise((resolve, reject) => {
      client.renew({ csr }, (error, response) => (error === null ? resolve(response) : reject(error)));
    });
  }

  /** Has every certificate of this node but that one revoked; undefined while no session was opened with it. */
  revokeOthers(serial: string): Promise<RevokeOthersResponse> | undefined {
    const connection = this.#connection();
    if (connection?.serial !== serial) return undefined;
    return new Promise((resolve, reject) => {
      connection.client.revokeOthers({ serial }, (error, response) =>
        error === null ? resolve(response) : reject(error),
      );
    });
  }
}
