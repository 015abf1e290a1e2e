import { type Queryable, sql } from '../kernel/sql.ts';

/** Whose turn it is to go to another release. */
export interface UpdateTurn {
  readonly id: string;
  /** A controller, by its name. */
  readonly heldBy: string;
  readonly endsAt: Date;
}

/**
 * Undefined: it is ours, until `forMs` from now at most. Otherwise whose it is. What the same controller left of a turn that was
 * cut off is taken over: whoever calls is the only one on its machine.
 */
export async function takeUpdateTurn(
  db: Queryable,
  { id, heldBy, forMs }: { readonly id: string; readonly heldBy: string; readonly forMs: number },
): Promise<UpdateTurn | undefined> {
  const taken = await db.execute(sql`
    insert into update_turns (id, held_by, ends_at)
    values (${id}, ${heldBy}, clock_timestamp() + make_interval(secs => ${forMs / 1_000}))
    on conflict (is_present) do update set id = excluded.id, held_by = excluded.held_by, ends_at = excluded.ends_at
    where update_turns.ends_at < clock_timestamp() or update_turns.held_by = excluded.held_by`);
  if (taken === 1) return undefined;
  const [turn] = await db.query<UpdateTurn>(sql`
    select update_turns.id, update_turns.held_by as "heldBy", update_turns.ends_at as "endsAt" from update_turns`);
  return turn ?? takeUpdateTurn(db, { id, heldBy, forMs }); // it was given back in between
}

export async function giveUpdateTurnBack(db: Queryable, id: string): Promise<void> {
  await db.execute(sql`delete from update_turns where id = ${id}`);
}

/** Names of the controllers whose lease is held at this moment. */
export async function namesOfLiveControllers(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ name: string }>(sql`
    select controllers.name from controllers where controllers.lease_until > clock_timestamp() order by controllers.name`);
  return rows.map(({ name }) => name);
}
