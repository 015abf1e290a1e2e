import { FleetError, invalidField } from '../kernel/fleet-error.ts';
import type { TenantId } from '../kernel/ids.ts';

/**
 * `value`: handed to a run that names it. `model`: the key of a provider of models, by the name of its agent. `git`: who may
 * read repositories on a git host, by the name of the host. No run can name the last two.
 */
export const SECRET_KINDS = ['value', 'model', 'git'] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** As people see it: never the value. */
export interface TenantSecret {
  readonly kind: SecretKind;
  readonly name: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Bytes; an environment takes no more in good company. */
export const MAX_SECRET_BYTES = 32_768;

const NAMES: Readonly<Record<SecretKind, { readonly form: RegExp; readonly words: string }>> = {
  value: { form: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/, words: 'the name of a variable: letters, digits and underscores' },
  model: { form: /^[a-z0-9][a-z0-9_.-]{0,63}$/, words: 'the name of an agent, such as claude' },
  git: {
    form: /^[a-z0-9][a-z0-9.-]{0,252}(:\d{1,5})?$/,
    words: 'a host, such as github.com, with its port where it has one',
  },
};

/** Variables that decide how programs are found and run, where home is, and what carries our own settings. */
const PROTECTED = {
  names: ['PATH', 'HOME', 'USER', 'SHELL', 'IFS', 'ENV', 'BASH_ENV', 'NODE_OPTIONS', 'TMPDIR'],
  beginnings: ['LD_', 'DYLD_', 'GIT_', 'GARRISON_', 'AWS_'],
  ends: ['_PROXY', '_BASE_URL', '_API_KEY'],
} as const;

function isProtected(name: string): boolean {
  const upper = name.toUpperCase();
  return (
    PROTECTED.names.some((one) => one === upper) ||
    PROTECTED.beginnings.some((one) => upper.startsWith(one)) ||
    PROTECTED.ends.some((one) => upper.endsWith(one))
  );
}

/** @throws FleetError `invalid` */
export function checkSecretName(kind: SecretKind, name: string): void {
  const { form, words } = NAMES[kind];
  if (!form.test(name)) throw invalidField('name', `must be ${words}`);
  if (kind === 'value' && isProtected(name))
    throw invalidField(
      'name',
      `${name} is protected: a run must not be given it (a provider's key is set with --model)`,
    );
}

/** @throws FleetError `invalid` */
export function checkSecretValue(kind: SecretKind, value: string): void {
  if (value === '') throw invalidField('value', 'must not be empty');
  if (Buffer.byteLength(value) > MAX_SECRET_BYTES) throw invalidField('value', `has at most ${MAX_SECRET_BYTES} bytes`);
  if (value.includes('\0')) throw invalidField('value', 'must not hold a NUL character');
  if (kind === 'git' && !/^[^:\n]+:[^\n]+$/.test(value))
    throw invalidField('value', 'must be user:password, or user:token');
}

/** Some of the names are not the tenant's. */
export class UnknownSecrets extends FleetError {
  readonly missing: readonly string[];
  readonly total: number;

  constructor(missing: readonly string[], total: number) {
    super('not_found', `The tenant has no secret ${missing.join(', ')}: set it with garrison secrets set`, {
      details: { additionalSecrets: missing },
    });
    this.missing = missing;
    this.total = total;
  }
}

/** Bound into the sealed value, so that one moved to another row does not open. */
export function sealContext(tenantId: TenantId, kind: SecretKind, name: string): string {
  return `tenant-secret/${tenantId}/${kind}/${name}`;
}
