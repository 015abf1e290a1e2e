import pg from 'pg';
import { clientConfig, type PostgresConnection } from './connection.ts';

/**
 * The roles of the embedded server. All may log in through the socket only, and only as the account Garrison runs as.
 *
 * - `superuser` makes the database and the other roles at each start, and nothing else.
 * - `owner` owns the database and what is in it: migrations, backup and restore.
 * - `application` is what a running controller uses: it reads and writes rows, and owns nothing. It can start no program
 *   and read no file, and cannot become another role.
 */
export const ROLES = { superuser: 'garrison', owner: 'garrison_owner', application: 'garrison_app' } as const;

export type ClusterRole = keyof typeof ROLES;

/**
 * Makes the roles and the database where they are missing. What an earlier version left to the superuser becomes the
 * owner's. Running it again changes nothing.
 *
 * @param superuser connects as the superuser to the database of a name
 */
export async function prepareDatabase(superuser: (database: string) => PostgresConnection, name: string) {
  await connected(superuser('postgres'), async (client) => {
    const database = client.escapeIdentifier(name);
    for (const role of [ROLES.owner, ROLES.application]) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [role]);
      if (rowCount === 0) await client.query(`create role ${role} login`);
    }
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${database}`);
    await client.query(`alter database ${database} owner to ${ROLES.owner}`);
    await client.query(`revoke all on database ${database} from public`);
    await client.query(`grant connect on database ${database} to ${ROLES.application}`);
  });
  await connected(superuser(name), async (client) => {
    const { rows } = await client.query<{ statement: string }>(LEFT_TO_SUPERUSER, [ROLES.owner]);
    if (rows.length > 0) await client.query(rows.map(({ statement }) => statement).join(';\n'));
  });
}

/** A sequence of a column goes with its table, and what belongs to an extension stays with it. */
const LEFT_TO_SUPERUSER = `
  select format('alter %s %s owner to %I',
      case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
      oid::regclass, $1::text) as statement
  from pg_class c
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S', 'v', 'm')
    and relowner = current_user::regrole and not exists (
      select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid
        and (deptype = 'e' or (relkind = 'S' and deptype in ('a', 'i'))))
  union all
  select format('alter routine %s owner to %I', oid::regprocedure, $1::text)
  from pg_proc p
  where pronamespace = 'public'::regnamespace and proowner = current_user::regrole
    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
  union all
  select format('alter type %s owner to %I', format_type(oid, null), $1::text)
  from pg_type t
  where typnamespace = 'public'::regnamespace and typtype in ('e', 'd') and typowner = current_user::regrole
    and not exists (select from pg_depend where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'e')`;

async function connected(connection: PostgresConnection, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(clientConfig(connection, 'garrison start'));
  client.on('error', () => {}); // the statement that fails tells it
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
