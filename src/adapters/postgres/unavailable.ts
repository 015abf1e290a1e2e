import { FleetError } from '#core/kernel/fleet-error.ts';

/** What the operating system says when nobody answers. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * SQLSTATEs of a server that does not let us in (28, 3D000), goes, comes, is full, or has become a standby: 57P01 admin_shutdown, 57P02 crash_shutdown,
 * 57P03 cannot_connect_now, 57P04 database_dropped, 57P05 idle_session_timeout, 25P04 transaction_timeout, 57014 query_canceled (it took longer than `statement_timeout`),
 * 25P03 idle_in_transaction_session_timeout, 25006 read_only_sql_transaction; classes 08 (connection),
 * 53 (disk full, out of memory, too many connections) and 58 (system error).
 */
const unavailableStates = /^(28...|3D000|57P0[12345]|57014|25P0[34]|25006|08...|53...|58...)$/;

/** Codes of TLS, from Node and from OpenSSL: the server is there and cannot be trusted or understood. */
const tlsCodes = /^(ERR_(TLS|SSL|OSSL)_|CERT_|UNABLE_TO_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|EPROTO$)/;

/** The driver has no code for these. */
const driverMessages =
  /^(SASL|The server does not support SSL|There was an error establishing an SSL|Connection terminated|timeout e|Query read timeout|no answer from the database|Client (has encountered a connection error|was closed)|Cannot use a pool after)/;

/** Whether `error` means that the database could not be reached or could not work, rather than that it said no. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isUnavailable);
  if ('code' in error && typeof error.code === 'string')
    return networkCodes.has(error.code) || unavailableStates.test(error.code) || tlsCodes.test(error.code);
  return driverMessages.test(error.message);
}

const UNREACHABLE =
  'the database cannot be reached at the moment, so nothing can be said about what it holds; try again shortly';

/** SQLSTATEs that an operator has to do something about. */
const REASONS: Readonly<Record<string, string>> = {
  '53100': 'the disk of the database is full, so nothing can be stored; make room there',
  '53200': 'the database is out of memory; give it more, or let it do less at once',
  '53300': 'the database takes no more connections; raise its max_connections, or lower GARRISON_DATABASE_CONNECTIONS',
};

/** Errors of an unreachable database become `unavailable`; everything else passes as it is. */
export function translated(error: unknown): unknown {
  if (error instanceof FleetError || !isUnavailable(error)) return error;
  const { code = '', message } = error as Error & { code?: string }; // isUnavailable has looked
  return new FleetError('unavailable', REASONS[code] ?? UNREACHABLE, {
    cause: error,
    facts: { code, reason: message },
  });
}
