import pg from 'pg';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { splitTls, tlsOptions } from './tls.ts';

/** Where a database is: a `postgresql://` URL, or the parts. A `host` that starts with `/` is a socket directory. */
export type PostgresConnection =
  | string
  | {
      readonly host: string;
      readonly port?: number;
      readonly user: string;
      readonly database: string;
      readonly password?: string;
    };

const int8 = 20;
const int8Array = 1016;
const date = 1082;
// text[]; the declared list of type ids names no arrays
const parseTextArray: (text: string) => (string | null)[] = pg.types.getTypeParser(1009 as 25, 'text');

/**
 * How values of the server become values here: `bigint` a number (our counters and byte totals stay far below 2⁵³; one
 * that does not is an error, never a rounded number), `date` its text (it has no time zone to be wrong about),
 * `timestamptz` a Date, `numeric` its text, `jsonb` parsed, `bytea` a Buffer.
 */
const types = new pg.TypeOverrides();
types.setTypeParser(int8, 'text', safeInteger);
types.setTypeParser(int8Array, 'text', (text) => {
  const elements = parseTextArray(text);
  return elements.map((element) => (element === null ? null : safeInteger(element)));
});
types.setTypeParser(date, 'text', (text) => text);

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit into a number`);
  return value;
}

/** What every client and pool of ours is made with. */
export function clientConfig(connection: PostgresConnection, applicationName: string): pg.ClientConfig {
  const where = typeof connection === 'string' ? readUrl(connection) : { ...connection };
  return {
    ...where,
    application_name: applicationName,
    types,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
  };
}

/** TLS as `sslmode` and its siblings say; through a socket there is none. @throws FleetError `invalid` */
function readUrl(url: string): pg.ClientConfig {
  const { connectionString, tls } = splitTls(url);
  const { host } = readPlace({ connectionString });
  if (tls === undefined) return { connectionString };
  return { connectionString, ssl: host.startsWith('/') ? false : tlsOptions(tls) };
}

/** Where a client would connect, for people; never its password. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export function databaseAddressOf(connection: PostgresConnection): DatabaseAddress {
  return readPlace(clientConfig(connection, 'garrison'));
}

/** The driver's own reading, without its error: that holds the whole URL. */
function readPlace(config: pg.ClientConfig): DatabaseAddress {
  try {
    const { host, port, user = '', database = '' } = new pg.Client(config);
    return { host, port, user, database };
  } catch {
    throw new FleetError(
      'invalid',
      'the URL of the database cannot be read: it names one server, as in postgresql://user:password@host:5432/garrison, ' +
        'and a password in it has its special characters percent-encoded (/ is %2F, @ is %40, : is %3A, # is %23, ? is %3F)',
    );
  }
}

/** How long a statement may take, and how long its answer is waited for: a server that gives it up says so in time. */
export interface StatementLimits {
  readonly statementMs: number;
  readonly answerMs: number;
}

export function statementLimits(statementMs: number): StatementLimits {
  return { statementMs, answerMs: statementMs + 2_000 };
}
