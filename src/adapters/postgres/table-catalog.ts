import type pg from 'pg';
import type { BackupHeader, SequenceValue } from './backup-format.ts';

export interface Table {
  readonly name: string;
  /** Those that hold something: a generated one follows from the others. */
  readonly columns: readonly string[];
  /** SQL: by its key, the same on every server whatever its collation. */
  readonly order: string;
}

/** All tables of ours, each after those it refers to. Partitions are read through their parent. */
export async function listTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { references: string[] }>(`
    select relname as name,
      (select array_agg(attname::text order by attnum) from pg_attribute
        where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
      coalesce((
        select string_agg(quote_ident(attname) || case when atttypid in ('text'::regtype, 'varchar'::regtype)
          then ' collate "C"' else '' end, ', ' order by place)
        from pg_index, unnest(indkey) with ordinality as key (number, place)
        join pg_attribute on attrelid = c.oid and attnum = number
        where indrelid = c.oid and indisprimary), quote_ident(relname) || '::text collate "C"') as "order",
      array(select target.relname::text from pg_constraint join pg_class target on target.oid = confrelid
        where conrelid = c.oid and contype = 'f' and confrelid <> c.oid) as references
    from pg_class c
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
      and relname <> 'schema_migrations'
    order by relname`);
  return inOrderOfReference(rows).map(({ name, columns, order }) => ({ name, columns, order }));
}

function inOrderOfReference<T extends { name: string; references: string[] }>(tables: readonly T[]): T[] {
  const ordered: T[] = [];
  const waiting = new Set(tables);
  while (waiting.size > 0) {
    const names = new Set([...waiting].map(({ name }) => name));
    const ready = [...waiting].filter(({ references }) => !references.some((target) => names.has(target)));
    if (ready.length === 0) throw new Error(`these tables refer to each other in a circle: ${[...names].join(', ')}`);
    ordered.push(...ready);
    for (const table of ready) waiting.delete(table);
  }
  return ordered;
}

export async function readSequences(client: pg.ClientBase): Promise<SequenceValue[]> {
  const { rows } = await client.query<{ name: string }>(
    "select sequencename as name from pg_sequences where schemaname = 'public' order by 1",
  );
  const values: SequenceValue[] = [];
  for (const { name } of rows) {
    const state = await client.query(`select last_value, is_called from ${client.escapeIdentifier(name)}`);
    values.push({ name, lastValue: state.rows[0].last_value, isCalled: state.rows[0].is_called });
  }
  return values;
}

export async function readHeader(client: pg.ClientBase): Promise<BackupHeader> {
  const migrations = await client.query('select version, name, checksum from schema_migrations order by version');
  const partitions = await client.query(`
    select c.relname as name, parent.relname as parent, pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_class c join pg_inherits on inhrelid = c.oid join pg_class parent on parent.oid = inhparent
    where c.relispartition and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by c.oid`);
  const server = await client.query("select now() as now, current_setting('server_version') as version");
  return {
    createdAt: server.rows[0].now.toISOString(),
    migrations: migrations.rows,
    serverVersion: server.rows[0].version,
    partitions: partitions.rows,
  };
}
