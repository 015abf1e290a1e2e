import type pg from 'pg';

/**
 * Lets a role read and write the rows of every table and call the owner's functions, and nothing else: no table is its
 * own, and none can be made, changed or emptied at a stroke. Asks before it grants: a grant that is there costs nothing.
 */
export async function grantToApplication(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(MISSING, [role]);
  for (const { statement } of rows) await client.query(statement);
}

/** Rows of a day are reached through its table; what belongs to no day is looked for in the default partition by name. */
const MISSING = `
  select format('grant select%s on %s to %I', case when relname = 'schema_migrations' then '' else ', insert, update, delete' end,
    oid::regclass, $1::text) as statement
  from pg_class c
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') 
    and (not relispartition or pg_get_expr(relpartbound, oid) = 'DEFAULT')
    and relowner = current_user::regrole
    and not (has_table_privilege($1, oid, 'select')
      and (relname = 'schema_migrations' or (has_table_privilege($1, oid, 'insert')
        and has_table_privilege($1, oid, 'update') and has_table_privilege($1, oid, 'delete'))))
  union all
  select format('grant usage, select on sequence %s to %I', oid::regclass, $1::text)
  from pg_class
  where relnamespace = 'public'::regnamespace and relkind = 'S' and relowner = current_user::regrole
    and not (has_sequence_privilege($1, oid, 'usage') and has_sequence_privilege($1, oid, 'select'))
  union all
  select format('grant execute on function %s to %I', oid::regprocedure, $1::text)
  from pg_proc
  where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
    and not has_function_privilege($1, oid, 'execute')`;
