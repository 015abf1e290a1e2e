import type { RunId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { type Database, sql } from '../kernel/sql.ts';
import { type Arguments, sealArguments } from './secret-arguments.ts';

const TOGETHER = 200;

export interface SealOldDeps {
  readonly db: Database;
  readonly sealer: Pick<Sealer, 'seal'>;
  /** Tool → its secret arguments; tools without any are left out. */
  readonly secretArguments: ReadonlyMap<string, readonly string[]>;
}

/** Seals what programs of the time before kept in the clear. @returns how many runs */
export async function sealOldArguments(deps: SealOldDeps, signal: AbortSignal): Promise<number> {
  let sealed = 0;
  for (const [tool, secret] of deps.secretArguments) {
    for (let count = TOGETHER; count === TOGETHER && !signal.aborted; sealed += count)
      count = await sealSome(deps, tool, secret);
  }
  return sealed;
}

function sealSome({ db, sealer }: SealOldDeps, tool: string, secret: readonly string[]): Promise<number> {
  return db.transaction(async (tx) => {
    const found = await tx.query<{ id: RunId; args: Arguments }>(sql`
      select id, args from runs where tool = ${tool} and sealed_args is null and args ?| ${secret}::text[]
      limit ${TOGETHER} for update skip locked`);
    const kept = found.map(({ id, args }) => sealArguments(sealer, id, { args, secret }));
    await tx.execute(sql`
      update runs set args = kept.args, sealed_args = kept.sealed_args
      from unnest(${found.map(({ id }) => id)}::uuid[], ${kept.map(({ args }) => JSON.stringify(args))}::jsonb[],
        ${kept.map(({ sealedArgs }) => sealedArgs)}::bytea[]) as kept (id, args, sealed_args)
      where runs.id = kept.id`);
    return found.length;
  });
}
