/**
 * The first contact with a database that somebody else has set up: everything that would make us fail later, or fail
 * strangely, is found here and said with its reason.
 */
import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { Backoff } from '#runtime/backoff.ts';
import { clientConfig, databaseAddressOf, type PostgresConnection, statementLimits } from './connection.ts';
import { type Attempt, explainConnection } from './explain-connection.ts';
import { beginPooled } from './session-settings.ts';
import { splitTls, withoutTls } from './tls.ts';

export interface ReachOptions {
  readonly connection: PostgresConnection;
  /** The setting that holds it, for messages. */
  readonly setting: string;
  /** How long a server that is not ready is waited for. Default 5,000 ms. */
  readonly patienceMs?: number;
}

export interface ReachedDatabase {
  /** Where it is, with what `sslmode=prefer` has come to. */
  readonly connection: PostgresConnection;
  readonly role: string;
  readonly isSuperuser: boolean;
  /** A pooler is between: sessions are not ours. */
  readonly isPooled: boolean;
  /** Connections that this role may have to this database, shared with everybody who uses the same; undefined behind a pooler. */
  readonly connectionLimit: number | undefined;
}

/** @throws FleetError that says what happened, why, and what to do */
export async function reachDatabase({
  connection,
  setting,
  patienceMs = 5_000,
}: ReachOptions): Promise<ReachedDatabase> {
  const attempt: Attempt = { ...databaseAddressOf(connection), setting };
  const backoff = new Backoff({ firstMs: 50, maxMs: 500 });
  const giveUpAt = performance.now() + patienceMs;
  for (let current = connection; ; ) {
    try {
      return await look(current, attempt);
    } catch (error) {
      const plain = withoutPreferredTls(current, error);
      const explained = explainConnection(error, attempt);
      if (plain !== undefined) current = plain;
      else if (explained.code !== 'unavailable' || performance.now() > giveUpAt) throw explained;
      else await backoff.wait();
    }
  }
}

/** TLS was only preferred and there is none. */
function withoutPreferredTls(connection: PostgresConnection, error: unknown): string | undefined {
  if (typeof connection !== 'string' || !/does not support SSL/.test(String(error))) return undefined;
  const mode = splitTls(connection).tls?.mode;
  return mode === 'prefer' || mode === 'allow' ? withoutTls(connection) : undefined;
}

interface Facts {
  readonly version: number;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly role: string;
  readonly isSuperuser: boolean;
  readonly connectionLimit: number;
  readonly backendPid: number;
  /** A schema that holds our tables where we do not look for them. */
  readonly elsewhere: string | null;
}

const FACTS = `
  select current_setting('server_version_num')::int as version, pg_encoding_to_char(encoding)::text as encoding,
    pg_is_in_recovery() as "isStandby", rolname::text as role, rolsuper as "isSuperuser", pg_backend_pid() as "backendPid",
    least(
      case when rolconnlimit < 0 or rolsuper then null else rolconnlimit end,
      case when datconnlimit < 0 or rolsuper then null else datconnlimit end,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    ) as "connectionLimit",
    (select relnamespace::regnamespace::text from pg_class
      where relname = 'schema_migrations' and relkind = 'r' and to_regclass('public.schema_migrations') is null
        and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'is_breaking') limit 1) as elsewhere
  from pg_database, pg_roles where datname = current_database() and rolname = current_user`;

const LIMITS = statementLimits(10_000);

async function look(connection: PostgresConnection, attempt: Attempt): Promise<ReachedDatabase> {
  const client = new pg.Client(clientConfig(connection, 'garrison start'));
  client.on('error', () => {}); // the statement that fails tells it
  try {
    await client.connect();
    await client.query(beginPooled(LIMITS)); // whether there is a pooler is not known yet
    const { rows } = await client.query<Facts>({ text: FACTS, query_timeout: LIMITS.answerMs } as pg.QueryConfig); // typed per client only
    await client.query('commit');
    const [facts] = rows;
    if (facts === undefined) throw new Error('it tells nothing of itself');
    refuseUnusable(facts, attempt);
    const { role, isSuperuser, connectionLimit, backendPid } = facts;
    // A pooler makes up the number that a client cancels by; a server's own is the process that works for us.
    const isPooled = (client as unknown as { processID: number }).processID !== backendPid; // not in the types of the driver
    return { connection, role, isSuperuser, isPooled, connectionLimit: isPooled ? undefined : connectionLimit };
  } finally {
    await client.end().catch(() => {}); // it is gone already
  }
}

function refuseUnusable(
  { version, encoding, isStandby, elsewhere }: Facts,
  { setting, user, database }: Attempt,
): void {
  const refuse = (message: string) => {
    throw new FleetError('invalid', message);
  };
  if (version < 150_000) {
    refuse(
      `PostgreSQL ${Math.floor(version / 10_000)} is older than what Garrison works with. Upgrade the server to 15 or newer, or name another one in ${setting}.`,
    );
  }
  if (encoding !== 'UTF8') {
    refuse(
      `The database "${database}" has the encoding ${encoding}, and what machines are called and what they print needs ` +
        'UTF8: an encoding cannot be changed later. Make another one and name it in ' +
        `${setting}: createdb --encoding=UTF8 --template=template0 --owner=${user} NAME`,
    );
  }
  if (isStandby)
    refuse(
      `The server of ${setting} is a standby, on which nothing can be written. Name the primary, or promote this one.`,
    );
  if (elsewhere !== null) {
    refuse(
      `The tables of Garrison are in the schema ${elsewhere} of the database "${database}", and Garrison uses the schema public, ` +
        'whatever the search_path of the role. Move them there (alter table … set schema public), or name another database ' +
        `in ${setting}.`,
    );
  }
}
