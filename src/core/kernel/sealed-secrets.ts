import type { Sealer } from './sealer.ts';
import { type Queryable, sql } from './sql.ts';

export interface SealedSecrets {
  /** A key's name to `put` it under and `read` it by; the name is bound into the sealed value. */
  put(tx: Queryable, name: string, value: string): Promise<void>;
  /** Puts another value in the place of the one that is there. */
  replace(tx: Queryable, name: string, value: string): Promise<void>;
  /** Undefined when there is none. @throws UnsealError */
  read(db: Queryable, name: string): Promise<string | undefined>;
}

/** The private keys that the controllers of one database share: sealed in `sealed_secrets`. */
export function sealedSecrets(sealer: Sealer): SealedSecrets {
  return {
    async put(tx, name, value) {
      await tx.execute(sql`insert into sealed_secrets (name, sealed) values (${name}, ${sealer.seal(value, name)})`);
    },
    async replace(tx, name, value) {
      await tx.execute(sql`update sealed_secrets set sealed = ${sealer.seal(value, name)} where name = ${name}`);
    },
    async read(db, name) {
      const [row] = await db.query<{ sealed: Buffer }>(sql`select sealed from sealed_secrets where name = ${name}`);
      return row && sealer.open(row.sealed, name).toString('utf8');
    },
  };
}
