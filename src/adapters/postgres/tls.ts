/**
 * `sslmode` with the meaning it has for every other program of PostgreSQL (libpq), because that is what people write: the
 * driver's own is another. Only `verify-full` proves who is at the other end.
 *
 * - none, `disable`: no TLS.
 * - `allow`, `prefer`: TLS where the server offers it (`reachDatabase` asks once, at the start); until that is known, TLS.
 * - `require`: TLS, whoever it is; with `sslrootcert`, as `verify-ca`.
 * - `verify-ca`: a certificate that `sslrootcert` (default: the authorities that Node knows) has signed.
 * - `verify-full`: that, and it is for the host of the URL.
 */
import { readFileSync } from 'node:fs';
import { type ConnectionOptions, getCACertificates } from 'node:tls';
import { FleetError } from '#core/kernel/fleet-error.ts';

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

export type TlsMode = (typeof MODES)[number];

export interface TlsSettings {
  readonly mode: TlsMode;
  /** Files; `system` as the authority stands for those of the operating system. */
  readonly authority: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

const PARAMETERS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'] as const;

/** The URL without what it says of TLS, and that; undefined when it says nothing. */
export function splitTls(url: string): { readonly connectionString: string; readonly tls: TlsSettings | undefined } {
  const query = url.indexOf('?');
  const parameters = new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
  const [mode, authority, certificate, key] = PARAMETERS.map((name) => parameters.get(name) ?? undefined);
  if ([mode, authority, certificate, key].every((value) => value === undefined))
    return { connectionString: url, tls: undefined };
  for (const name of PARAMETERS) parameters.delete(name);
  const rest = parameters.size === 0 ? '' : `?${parameters}`;
  return {
    connectionString: url.slice(0, query) + rest,
    tls: { mode: readMode(mode ?? 'prefer'), authority, certificate, key },
  };
}

/** The same place without TLS, for a server that offers none to one who only prefers it. */
export function withoutTls(url: string): string {
  const { connectionString } = splitTls(url);
  return `${connectionString}${connectionString.includes('?') ? '&' : '?'}sslmode=disable`;
}

function readMode(text: string): TlsMode {
  const mode = MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new FleetError(
    'invalid',
    `sslmode=${text} in the URL of the database is not known: use one of ${MODES.join(', ')}`,
  );
}

/** For the driver. @throws FleetError `invalid` for a file that cannot be used */
export function tlsOptions({ mode, authority, certificate, key }: TlsSettings): ConnectionOptions | false {
  if (mode === 'disable') return false;
  const authorities = mode === 'allow' || mode === 'prefer' ? undefined : readAuthorities(authority);
  const isVerified = mode.startsWith('verify') || authorities !== undefined;
  return {
    rejectUnauthorized: isVerified,
    ...(authorities && { ca: authorities }),
    ...(mode !== 'verify-full' && { checkServerIdentity: () => undefined }),
    ...(certificate && { cert: readFileOf('sslcert', certificate) }),
    ...(key && { key: readFileOf('sslkey', key) }),
  };
}

function readAuthorities(authority: string | undefined): string | string[] | undefined {
  if (authority === undefined) return undefined;
  return authority === 'system' ? getCACertificates('system') : readFileOf('sslrootcert', authority);
}

function readFileOf(parameter: string, file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // thrown by node:fs
    throw new FleetError(
      'invalid',
      `${file}, named by ${parameter} in the URL of the database, cannot be read (${code}): name a PEM file that this user may read`,
    );
  }
  if (text.includes('-----BEGIN ')) return text;
  throw new FleetError('invalid', `${file}, named by ${parameter} in the URL of the database, is not a PEM file`);
}
