/**
 * What every session of ours is, whatever the role, the database or the server have as their defaults: how values are
 * written, where tables are looked for, what a transaction is, and how long anything may take. Messages of the server
 * may be in any language: errors are told apart by their codes.
 */
import type { StatementLimits } from './connection.ts';

/** A transaction whose client stands still (stopped, frozen with its machine) holds its locks no longer than this. */
const IDLE_TRANSACTION_MS = 5_000;

const SAME_FOR_ALL: Readonly<Record<string, string>> = {
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  standard_conforming_strings: 'on',
  bytea_output: 'hex',
  xmloption: 'content',
  extra_float_digits: '1',
  search_path: 'public',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  lock_timeout: '0',
  idle_session_timeout: '0',
};

/** The server gives up what takes too long, and finds out within seconds that a client is gone although nothing told it. */
const limits = ({ statementMs }: StatementLimits): Readonly<Record<string, string>> => ({
  statement_timeout: String(statementMs),
  idle_in_transaction_session_timeout: String(IDLE_TRANSACTION_MS),
});

const SOCKET: Readonly<Record<string, string>> = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '20000',
};

/** A limit of PostgreSQL 17 and newer, which older ones do not know by name. */
const NO_TRANSACTION_TIMEOUT = `select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'`;

/**
 * What every connection says first. Said as statements, because poolers refuse settings in the startup packet.
 */
export function limitsOf(statementLimits: StatementLimits): string {
  const settings = { ...SAME_FOR_ALL, ...SOCKET, ...limits(statementLimits) };
  return [...statements('set', settings), NO_TRANSACTION_TIMEOUT].join('; ');
}

/**
 * What every transaction through a pooler says first: the session behind it is another one each time, and what is set in
 * it stays with whoever comes next.
 */
export function beginPooled(statementLimits: StatementLimits): string {
  const settings = { ...SAME_FOR_ALL, ...limits(statementLimits) };
  return [BEGIN, ...statements('set local', settings)].join('; ');
}

/** For work that takes as long as it takes: migrations, backups. Nothing else of the session changes. */
export const NO_LIMITS = 'set statement_timeout = 0; set idle_in_transaction_session_timeout = 0';

/** The level is the default of the session too, except behind a pooler. */
export const BEGIN = 'begin isolation level read committed';

/** Said behind a beginning: the commit is answered before it is on the disk. */
export const NO_WAIT_FOR_DISK = 'set local synchronous_commit = off';

function statements(word: 'set' | 'set local', settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(([name, value]) => `${word} ${name} = ${quoted(name, value)}`);
}

/** The search path is a list of names, not a name with commas in it. */
function quoted(name: string, value: string): string {
  return name === 'search_path' ? value : `'${value}'`;
}
