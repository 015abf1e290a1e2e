import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '#runtime/make-directory.ts';
import { writeFileAtomically } from '#runtime/write-file-atomically.ts';
import { CliError } from './cli-error.ts';
import type { Terminal } from './terminal.ts';

/**
 * Where a controller is and which keys open it: one JSON file, 0600. `garrison up` writes one into its data directory
 * and, for the person who started it, as the current one; `garrison profile save` makes one for a controller elsewhere.
 */
export interface Profile {
  /** `http://127.0.0.1:7070` */
  readonly api: string;
  /** `https://127.0.0.1:7443`, where clients may show a certificate. */
  readonly tls?: string | undefined;
  /** `host:port` of the node listener. */
  readonly nodes?: string | undefined;
  readonly masterKey?: string | undefined;
  /** Edge Admin. */
  readonly apiKey?: string | undefined;
  /** Scoped token for edge-fleet, or the access token of a sign-in. */
  readonly edgeToken?: string | undefined;
  /** ISO 8601, where it is known: of a sign-in. */
  readonly edgeTokenExpiresAt?: string | undefined;
  /** Left by a sign-in with `garrison login`: where the next access token comes from. */
  readonly refreshToken?: string | undefined;
  readonly issuer?: string | undefined;
  readonly clientId?: string | undefined;
  readonly signInResource?: string | undefined;
  /** Scoped token for `/mcp`. */
  readonly mcpToken?: string | undefined;
  readonly orgId?: string | undefined;
  readonly arbKey?: string | undefined;
  readonly otpKey?: string | undefined;
  /** Tenant to act for, where the token may act for several. */
  readonly tenant?: string | undefined;
  /** PEM file with the authority of the controller's TLS certificate. */
  readonly ca?: string | undefined;
  readonly dataDir?: string | undefined;
}

const FIELDS = [
  'api',
  'tls',
  'nodes',
  'masterKey',
  'apiKey',
  'edgeToken',
  'edgeTokenExpiresAt',
  'refreshToken',
  'issuer',
  'clientId',
  'signInResource',
  'mcpToken',
  'orgId',
  'arbKey',
  'otpKey',
  'tenant',
  'ca',
  'dataDir',
] as const;

/** The profile used when nothing else is said. */
export function currentProfileFile({ env, homeDir }: Pick<Terminal, 'env' | 'homeDir'>): string {
  return join(env.XDG_CONFIG_HOME || join(homeDir, '.config'), 'garrison', 'profile.json');
}

/** Where profiles with a name are kept. */
export function profilesDirectory({ env, homeDir }: Pick<Terminal, 'env' | 'homeDir'>): string {
  return join(env.XDG_CONFIG_HOME || join(homeDir, '.config'), 'garrison', 'profiles');
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Undefined for a text that is no name, such as a path. */
export function namedProfileFile(name: string, terminal: Pick<Terminal, 'env' | 'homeDir'>): string | undefined {
  return NAME.test(name) ? join(profilesDirectory(terminal), `${name}.json`) : undefined;
}

/** The name that is used when nothing else is said; undefined for the profile without a name. */
export async function usedName(terminal: Pick<Terminal, 'env' | 'homeDir'>): Promise<string | undefined> {
  const name = await readFile(usedNameFile(terminal), 'utf8').catch(() => ''); // nobody has chosen one
  return name.trim() || undefined;
}

/** Undefined: the profile without a name. */
export async function useName(name: string | undefined, terminal: Pick<Terminal, 'env' | 'homeDir'>): Promise<void> {
  const file = usedNameFile(terminal);
  makeDirectory(dirname(file));
  writeFileAtomically(file, name === undefined ? '' : `${name}\n`);
}

function usedNameFile(terminal: Pick<Terminal, 'env' | 'homeDir'>): string {
  return join(dirname(profilesDirectory(terminal)), 'profile');
}

/** Every profile there is for this person: the one without a name first, then by name. */
export async function listProfiles(
  terminal: Pick<Terminal, 'env' | 'homeDir'>,
): Promise<{ name: string; file: string }[]> {
  const files = await readdir(profilesDirectory(terminal)).catch(() => []); // none has been saved
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  const named = names.sort().map((name) => ({ name, file: join(profilesDirectory(terminal), `${name}.json`) }));
  const unnamed = currentProfileFile(terminal);
  return [...((await exists(unnamed)) ? [{ name: UNNAMED, file: unnamed }] : []), ...named];
}

/** What the profile without a name is called where names are listed and chosen. */
export const UNNAMED = 'default';

export function profileFileIn(dataDir: string): string {
  return join(dataDir, 'profile.json');
}

const SERVICE_DATA_DIR = '/var/lib/garrison';

/**
 * The file meant by `--profile` (a name, a file, or a directory that holds one), else by `GARRISON_PROFILE`, else by
 * `GARRISON_DATA_DIR` if there is one in it, else the one in use, else that of the service on this machine.
 */
export async function findProfileFile(
  named: string | undefined,
  terminal: Pick<Terminal, 'env' | 'homeDir' | 'serviceDataDir'>,
): Promise<string> {
  const chosen = named ?? terminal.env.GARRISON_PROFILE;
  if (chosen) return chosenFile(chosen, terminal);
  const inDataDir = terminal.env.GARRISON_DATA_DIR && profileFileIn(terminal.env.GARRISON_DATA_DIR);
  if (inDataDir && (await exists(inDataDir))) return inDataDir;
  const name = await usedName(terminal);
  const own = (name && namedProfileFile(name, terminal)) || currentProfileFile(terminal);
  const ofService = profileFileIn(terminal.serviceDataDir ?? SERVICE_DATA_DIR);
  return !(await exists(own)) && (await exists(ofService)) ? ofService : own;
}

async function chosenFile(chosen: string, terminal: Pick<Terminal, 'env' | 'homeDir'>): Promise<string> {
  if (await isDirectory(chosen)) return profileFileIn(chosen);
  const named = namedProfileFile(chosen, terminal);
  return named !== undefined && !(await exists(chosen)) && (await exists(named)) ? named : chosen;
}

/** The profile in `file`, or undefined when there is no such file. */
export async function readProfile(file: string): Promise<Profile | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new CliError(`cannot read the profile ${file}: ${error.message}`, { cause: error });
  });
  if (text === undefined) return undefined;
  await refuseWidePermissions(file);
  return parseProfile(file, text);
}

/** Writes it whole or not at all, readable by its owner only. */
export async function writeProfile(file: string, profile: Profile): Promise<void> {
  makeDirectory(dirname(file));
  writeFileAtomically(file, `${JSON.stringify(profile, FIELDS as unknown as string[], 2)}\n`); // stringify's type wants it mutable
}

async function refuseWidePermissions(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o077) === 0) return;
  throw new CliError(`the profile ${file} holds keys and can be read by others (mode ${(mode & 0o777).toString(8)})`, {
    advice: `Mend it with: chmod 600 ${file}`,
  });
}

function parseProfile(file: string, text: string): Profile {
  const parsed = parseJson(text);
  const isProfile = typeof parsed === 'object' && parsed !== null && typeof (parsed as Profile).api === 'string';
  if (!isProfile) {
    throw new CliError(`${file} is not a profile: it has no "api"`, {
      advice: 'Write a new one with garrison profile save --api URL --key KEY.',
    });
  }
  const fields = parsed as Record<string, unknown>; // an object, checked above
  return Object.fromEntries(
    FIELDS.flatMap((name) => (typeof fields[name] === 'string' ? [[name, fields[name]]] : [])),
  ) as unknown as Profile; // with api, checked above
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
