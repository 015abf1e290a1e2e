import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AuditKeys } from '#core/audit/audit-keys.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { type ControllerId, newId, parseId } from '#core/kernel/ids.ts';
import { Sealer } from '#core/kernel/sealer.ts';
import { newCredential, Secret } from '#core/kernel/secret.ts';
import { makeDirectory } from '#runtime/make-directory.ts';
import { createFileAtomically, writeFileAtomically } from '#runtime/write-file-atomically.ts';

/** What a controller must have before it opens anything. */
export interface ControllerSecrets {
  readonly controllerId: ControllerId;
  /** 64 hex digits; seals what the database holds. */
  readonly secretKey: Secret;
  readonly sealer: Sealer;
  readonly auditKeys: AuditKeys;
  readonly masterKey: Secret;
  readonly apiKey: Secret;
  readonly metricsKey: Secret;
  readonly proxyKey: Secret;
  /** The names of the files made by this start; empty at every later one. `up` prints what is new, once. */
  readonly created: readonly string[];
}

export interface SecretsOptions {
  readonly dataDir: string;
  /** GARRISON_SECRET_KEY, MASTER_KEY, API_KEY, METRICS_KEY and PROXY_KEY take the place of the files. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the secrets of the data directory, making at first start what is not there: each file whole or not at all, 0600
 * in a directory of 0700. Two controllers starting at once on one directory end with the same values.
 * @throws Error saying how to mend it, when others could read the directory or a file, or a value cannot be used.
 */
export function loadSecrets({ dataDir, env }: SecretsOptions): ControllerSecrets {
  openDataDir(dataDir);
  const created: string[] = [];
  const value = (file: string, make: () => string): string =>
    readOrCreate(join(dataDir, file), make, () => created.push(file));
  const given = (name: string, file: string, make: () => string): Secret =>
    new Secret(env[name]?.trim() || value(file, make));

  const secretKey = readSecretKey(given('GARRISON_SECRET_KEY', 'secret.key', () => randomBytes(32).toString('hex')));
  return {
    controllerId: readControllerId(
      join(dataDir, 'controller.id'),
      value('controller.id', () => newId<ControllerId>()),
    ),
    secretKey,
    sealer: new Sealer(Buffer.from(secretKey.reveal(), 'hex')),
    auditKeys: new AuditKeys(Buffer.from(secretKey.reveal(), 'hex')),
    masterKey: given('MASTER_KEY', 'master.key', () => newCredential('master_')),
    apiKey: given('API_KEY', 'api.key', () => newCredential('api_')),
    metricsKey: given('METRICS_KEY', 'metrics.key', () => newCredential('metrics_')),
    proxyKey: given('PROXY_KEY', 'proxy.key', () => newCredential('proxy_')),
    created,
  };
}

/** The secret key of an installation that is there; nothing is made. @throws Error that says where it was looked for */
export function readSecretKeyOf(dataDir: string, given: Secret | undefined): Secret {
  const path = join(dataDir, 'secret.key');
  const text = given?.reveal() ?? readIfThere(path);
  if (text === undefined) {
    throw new FleetError(
      'invalid',
      `there is no ${path}. Name the data directory of the controller with --data-dir, or give GARRISON_SECRET_KEY.`,
    );
  }
  return readSecretKey(new Secret(text));
}

/** Makes the data directory private, or refuses one that others can read. */
export function openDataDir(dataDir: string): void {
  const isNew = makeDirectory(dataDir);
  if (isNew) chmodSync(dataDir, 0o700); // whatever the umask
  refuseIfOthersCanRead(dataDir, 'directory', 0o700);
}

/** The value of a secret file, made when it is not there; 0600, whole or not at all. */
export function readOrCreate(path: string, make: () => string, onCreated: () => void = () => {}): string {
  const before = readIfThere(path);
  if (before !== undefined) return before;
  if (createFileAtomically(path, `${make()}\n`)) onCreated();
  return readIfThere(path) ?? fail(`${path} vanished while it was being made. Start again.`);
}

/** Puts `value` in the place of what the file holds, whole or not at all. */
export function keepSecret(dataDir: string, file: string, value: string): Secret {
  writeFileAtomically(join(dataDir, file), `${value}\n`);
  return new Secret(value);
}

function readIfThere(path: string): string | undefined {
  try {
    refuseIfOthersCanRead(path, 'file', 0o600);
    return (
      readFileSync(path, 'utf8').trim() ||
      fail(`${path} is empty. Restore it from a backup, or delete it to have a new one made.`)
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // thrown by node:fs
    throw error;
  }
}

function refuseIfOthersCanRead(path: string, what: 'file' | 'directory', mode: number): void {
  const stat = statSync(path);
  const me = process.getuid?.();
  if (me !== undefined && stat.uid !== me) {
    fail(
      `The ${what} ${path} belongs to user ${stat.uid}, and this process runs as user ${me}. Run: chown ${me} ${path}`,
    );
  }
  if ((stat.mode & 0o077) !== 0) {
    const found = (stat.mode & 0o777).toString(8).padStart(4, '0');
    fail(
      `The ${what} ${path} is open to other users (mode ${found}), and it holds secrets. Run: chmod ${mode.toString(8)} ${path}`,
    );
  }
}

/** 32 bytes, as 64 hex digits or as base64. */
function readSecretKey(given: Secret): Secret {
  const text = given.reveal();
  if (/^[0-9a-f]{64}$/i.test(text)) return new Secret(text.toLowerCase());
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 32 && /^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return new Secret(bytes.toString('hex'));
  return fail('The secret key is not 32 bytes in hex or base64. Make one with: openssl rand -hex 32');
}

function readControllerId(path: string, text: string): ControllerId {
  return parseId<ControllerId>(text) ?? fail(`${path} does not hold a UUID. Delete it to have a new one made.`);
}

function fail(message: string): never {
  throw new FleetError('invalid', message);
}
