/**
 * Why a database cannot be used, for whoever has set it up: what happened, why, what to do. Total: what goes wrong while a
 * connection is made is never a defect of ours. The password is in none of the messages.
 */
import { FleetError, type FleetErrorCode } from '#core/kernel/fleet-error.ts';
import type { DatabaseAddress } from './connection.ts';

/** A connection that is made, and where it was configured. */
export interface Attempt extends DatabaseAddress {
  /** The setting that holds its URL. */
  readonly setting: string;
}

type Explanation = readonly [code: FleetErrorCode, what: string, advice: string];

type Words = (attempt: Attempt, message: string) => Explanation;

export function explainConnection(error: unknown, attempt: Attempt): FleetError {
  if (error instanceof FleetError) return error;
  const { code, message } = readError(error);
  const words = STATES[code] ?? SYSTEM[code] ?? MESSAGES.find(([shape]) => shape.test(message))?.[1] ?? other(code);
  const [fleetCode, what, advice] = words(attempt, message);
  return new FleetError(fleetCode, `${what}. ${advice}.`, { cause: error, facts: { code, reason: message } });
}

function readError(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown }; // whatever was thrown
  return { code: typeof code === 'string' ? code : '', message: String(message ?? error) };
}

const at = ({ host, port }: DatabaseAddress) =>
  `PostgreSQL at ${host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host}:${port}`}`;

/** SQLSTATEs of a server that answers and does not let us in. */
const STATES: Readonly<Record<string, Words>> = {
  '28P01': (attempt) => [
    'unauthenticated',
    `${at(attempt)} does not accept the password of the role "${attempt.user}"`,
    `Check the password in ${attempt.setting}: special characters in it are percent-encoded. A new one is set with: alter role "${attempt.user}" password '…'`,
  ],
  '28000': (attempt, message) => [
    'unauthenticated',
    `${at(attempt)} does not let the role "${attempt.user}" in: ${message}`,
    `The role has to exist with the right to log in, and pg_hba.conf needs a line for it, this address and the database "${attempt.database}". Where it asks for encryption, add sslmode=require to ${attempt.setting}; where it asks for a client certificate, add sslcert=FILE and sslkey=FILE`,
  ],
  '3D000': (attempt) => [
    'invalid',
    `${at(attempt)} has no database "${attempt.database}"`,
    `Check ${attempt.setting}, or make it: createdb --encoding=UTF8 --template=template0 --owner=${attempt.user} ${attempt.database}`,
  ],
  '42501': (attempt, message) => [
    'forbidden',
    `The role "${attempt.user}" may not connect to the database "${attempt.database}" of ${at(attempt)}: ${message}`,
    `As its owner: grant connect on database "${attempt.database}" to "${attempt.user}"`,
  ],
  '53300': (attempt, message) => [
    'unavailable',
    `${at(attempt)} takes no further connection: ${message}`,
    'Raise max_connections of the server or CONNECTION LIMIT of the role or the database, end what holds the connections (pg_stat_activity), or lower GARRISON_DATABASE_CONNECTIONS',
  ],
  '55000': (attempt, message) => [
    'invalid',
    `The database "${attempt.database}" of ${at(attempt)} takes no connections: ${message}`,
    `Name another one in ${attempt.setting}, or: alter database "${attempt.database}" allow_connections true`,
  ],
  '57P03': (attempt, message) => [
    'unavailable',
    `${at(attempt)} is not ready: ${message}`,
    'It is starting, stopping or recovering: try again when it is done; its log says how far it is',
  ],
};

const silent: Words = (attempt) => [
  'unavailable',
  `${at(attempt)} does not answer`,
  `Check the address in ${attempt.setting}, and whether a firewall lets this machine through`,
];

const untrusted: Words = (attempt, message) => [
  'invalid',
  `The certificate of ${at(attempt)} is not signed by an authority that is known here (${message})`,
  `Name the file of the authority in ${attempt.setting} with sslrootcert=FILE`,
];

const wrongTime: Words = (attempt, message) => [
  'invalid',
  `The certificate of ${at(attempt)} is not good at this time (${message}); the clock of this machine says ${new Date().toISOString()}`,
  'Set the clock where it is wrong, or renew the certificate of the server',
];

/** Codes of the operating system and of TLS. */
const SYSTEM: Readonly<Record<string, Words>> = {
  ECONNREFUSED: (attempt) => [
    'unavailable',
    `Nobody listens at ${attempt.host}:${attempt.port}: the connection was refused`,
    `Start PostgreSQL there, or correct host and port in ${attempt.setting}; listen_addresses of the server has to include that address`,
  ],
  ENOTFOUND: (attempt) => [
    'unavailable',
    `There is no host called ${attempt.host}`,
    `Check the spelling in ${attempt.setting}, and whether this machine can look it up: getent hosts ${attempt.host}`,
  ],
  EAI_AGAIN: (attempt) => [
    'unavailable',
    `The host ${attempt.host} could not be looked up: the name server does not answer`,
    'Try again when name resolution of this machine works (/etc/resolv.conf)',
  ],
  ENOENT: (attempt) => [
    'unavailable',
    `There is no ${at(attempt).replace('PostgreSQL at ', 'socket ')}`,
    `Start PostgreSQL, or correct the directory in ${attempt.setting}`,
  ],
  EACCES: (attempt) => [
    'forbidden',
    `This user may not use the socket of ${at(attempt)}`,
    'Run it as a user who may, or connect by TCP',
  ],
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  ENETUNREACH: silent,
  ERR_TLS_CERT_ALTNAME_INVALID: (attempt, message) => [
    'invalid',
    `The certificate of ${at(attempt)} is for another name (${message})`,
    `Use a name of the certificate in ${attempt.setting}, or sslmode=verify-ca where its authority signs for nobody else`,
  ],
  CERT_HAS_EXPIRED: wrongTime,
  CERT_NOT_YET_VALID: wrongTime,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
};

/** The driver has no codes for these. */
const MESSAGES: readonly (readonly [shape: RegExp, words: Words])[] = [
  [
    /^The server does not support SSL/,
    (attempt) => [
      'invalid',
      `${at(attempt)} offers no TLS, and ${attempt.setting} wants it (sslmode)`,
      'Switch it on at the server (ssl = on in postgresql.conf), or use sslmode=disable where the network between is trusted',
    ],
  ],
  [
    /^SASL.*password must be/,
    (attempt) => [
      'unauthenticated',
      `${at(attempt)} asks for the password of the role "${attempt.user}", and there is none in ${attempt.setting}`,
      'Write it as postgresql://user:password@host:5432/database',
    ],
  ],
  [/^(timeout e|Query read timeout|Connection terminated due to connection timeout)/, silent],
];

/** What nobody has thought of: still not a defect, and the other side's words are the best there are. */
const other =
  (code: string): Words =>
  (attempt, message) => [
    isOfTls(code) ? 'invalid' : 'unavailable',
    `No connection to ${at(attempt)} could be made: ${message}`,
    `Check that it is PostgreSQL that answers there (${attempt.setting}), and see its log`,
  ];

function isOfTls(code: string): boolean {
  return /^ERR_(SSL|TLS|OSSL)|^EPROTO$/.test(code);
}
