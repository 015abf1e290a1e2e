import type pg from 'pg';

/**
 * Lets a role read and write the rows of every table and call the owner's functions, and nothing else: no table is its
 * own, and none can be made, changed or emptied at a stroke. Migrations are read only, the audit log is only added to, and
 * what was told of it is not taken away. Asks before it grants or revokes: what is as it should be costs nothing.
 */
export async function grantToApplication(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(DIFFERENCES, [role]);
  for (const { statement } of rows) await client.query(statement);
}

/** Rows of a day are reached through its table; what belongs to no day is looked for in the default partition by name. */
const DIFFERENCES = `
  with tables as (
    select oid, case relname
        when 'schema_migrations' then array['select']
        when 'audit' then array['select', 'insert']
        when 'audit_checkpoints' then array['select', 'insert', 'update']
        else array['select', 'insert', 'update', 'delete'] end as rights
    from pg_class c
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')
      and (not relispartition or pg_get_expr(relpartbound, oid) = 'DEFAULT')
      and relowner = current_user::regrole)
  select format('grant %s on %s to %I', string_agg(wanted, ', '), oid::regclass, $1::text) as statement
  from tables, unnest(rights) as wanted
  where not has_table_privilege($1, oid, wanted) group by oid
  union all
  select format('revoke %s on %s from %I', string_agg(found, ', '), oid::regclass, $1::text)
  from tables, unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as found
  where found <> all (rights) and has_table_privilege($1, oid, found) and $1 <> current_user group by oid
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
