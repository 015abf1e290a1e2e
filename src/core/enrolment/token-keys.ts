import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import type { SealedSecrets } from '../kernel/sealed-secrets.ts';
import { type Database, type Queryable, sql } from '../kernel/sql.ts';

/** Held by whoever makes a signing key, until the end of the transaction. */
const TOKEN_KEYS_LOCK = 7_013_005_022n;
const PREFIX = 'enrollment-token-key/';

export interface TokenKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/**
 * The Ed25519 keys that sign enrolment tokens, sealed and shared by all controllers. The newest one signs, every one
 * verifies; a token names its own. Nothing is remembered, so that a key taken out of the database is good nowhere.
 */
export class TokenKeys {
  readonly #db: Database;
  readonly #secrets: SealedSecrets;

  constructor(parts: { readonly db: Database; readonly secrets: SealedSecrets }) {
    this.#db = parts.db;
    this.#secrets = parts.secrets;
  }

  /** The newest, made when there is none; asked for at once by several controllers it is made once. */
  async signing(): Promise<TokenKey> {
    const newest = await readNewest(this.#db);
    return this.#open(this.#db, newest ?? (await this.#make()));
  }

  async verifying(kid: string): Promise<KeyObject | undefined> {
    const pem = await this.#secrets.read(this.#db, PREFIX + kid);
    return pem === undefined ? undefined : createPublicKey(pem);
  }

  async #make(): Promise<string> {
    return this.#db.transaction(async (tx) => {
      await tx.query(sql`select pg_advisory_xact_lock(${TOKEN_KEYS_LOCK})`);
      const made = await readNewest(tx);
      if (made !== undefined) return made;
      const kid = randomUUID();
      const { privateKey } = generateKeyPairSync('ed25519');
      await this.#secrets.put(tx, PREFIX + kid, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
      return kid;
    });
  }

  async #open(db: Queryable, kid: string): Promise<TokenKey> {
    const pem = await this.#secrets.read(db, PREFIX + kid);
    if (pem === undefined) throw new Error(`the signing key ${kid} went away while it was read`);
    return { kid, privateKey: createPrivateKey(pem) };
  }
}

async function readNewest(db: Queryable): Promise<string | undefined> {
  const [row] = await db.query<{ name: string }>(sql`
    select name from sealed_secrets where starts_with(name, ${PREFIX}) order by created_at desc, name limit 1`);
  return row?.name.slice(PREFIX.length);
}
