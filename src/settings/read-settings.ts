import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { closest, distance } from 'fastest-levenshtein';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Kind } from './kinds.ts';

/** One setting, declared once: how it is read, what it is called in each place, and what the documentation says. */
export interface Setting<T> {
  readonly section: string;
  readonly kind: Kind<T>;
  /** Names in the environment; the first is the one to use. Empty: only in the file. */
  readonly env: readonly string[];
  /** Long flag without the dashes. */
  readonly flag?: string;
  readonly default?: T | ((env: Environment) => T);
  /** What the default is when it is computed, or what happens without a value. */
  readonly defaultText?: string;
  /** It says where the file is, so it cannot be in it. */
  readonly isOutsideFile?: boolean;
  readonly description: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;
export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** A setting with a default always has a value. */
export type Values<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends { readonly kind: Kind<infer T> }
    ? S[Name] extends { readonly default: unknown }
      ? T
      : T | undefined
    : never;
};

export interface Sources {
  /** As commander gives them: camel case, without the dashes. Those that are not settings are left alone. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env: Environment;
  /** The configuration file, when there is one: `readSettingsFile`. */
  readonly file?: SettingsFile | undefined;
  /** Where relative paths in flags and environment start. Default: the working directory. */
  readonly cwd?: string;
}

export interface SettingsFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Names that begin with `GARRISON_` and belong to other programs. */
export interface Neighbours {
  readonly environment: readonly string[];
}

/**
 * Reads every setting: flags before environment before file before default. With `neighbours`, any other variable that
 * begins with `GARRISON_` is a mistake.
 *
 * @throws FleetError `invalid` that lists every problem: the setting, where its value came from, and what to give
 */
export function readSettings<const S extends Settings>(
  settings: S,
  sources: Sources,
  neighbours?: Neighbours,
): Values<S> {
  const problems: string[] = [];
  if (sources.file !== undefined) problems.push(...problemsOfFile(sources.file, settings));
  if (neighbours !== undefined) problems.push(...unknownVariables(settings, sources.env, neighbours));
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const found = findValue(name, setting, sources, problems);
    if (found === undefined)
      values[name] = typeof setting.default === 'function' ? setting.default(sources.env) : setting.default;
    else {
      values[name] = setting.kind.parse(found.raw, found.base);
      if (values[name] === undefined) problems.push(badValue(setting, found));
    }
  }
  refuse(problems);
  return values as Values<S>; // each was read by its own kind
}

export type Source = 'flag' | 'environment' | 'file';

/** Where the value of a setting comes from. */
export interface Origin {
  readonly source: Source;
  /** `--api-port`, `GARRISON_API_PORT`, `apiPort in /etc/garrison/garrison.yaml` */
  readonly from: string;
}

/** Says where every setting comes from whose value is not its default. */
export function originsOf(settings: Settings, sources: Sources): Readonly<Record<string, Origin>> {
  const found = Object.entries(settings).map(
    ([name, setting]) => [name, findValue(name, setting, sources, [])] as const,
  );
  return Object.fromEntries(
    found.flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, { source: value.source, from: value.from.replace(/ in the environment$/, '') }]],
    ),
  );
}

export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new FleetError(
    'invalid',
    `the configuration cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
  );
}

interface Found {
  readonly raw: unknown;
  readonly source: Source;
  /** `GARRISON_API_PORT in the environment` */
  readonly from: string;
  readonly base: string;
}

function findValue(
  name: string,
  setting: Setting<unknown>,
  { flags = {}, env, file, cwd = process.cwd() }: Sources,
  problems: string[],
): Found | undefined {
  const flagged = setting.flag === undefined ? undefined : flags[camelCase(setting.flag)];
  if (flagged !== undefined) return { raw: flagged, source: 'flag', from: `--${setting.flag}`, base: cwd };
  const [first, ...others] = setting.env.filter((variable) => env[variable]?.trim());
  const contradiction = others.find((variable) => env[variable] !== env[first ?? '']);
  if (contradiction !== undefined)
    problems.push(`${first} and ${contradiction} in the environment say different things: set one`);
  if (first !== undefined)
    return { raw: env[first], source: 'environment', from: `${first} in the environment`, base: cwd };
  const written = file?.values[nameInFile(name)];
  if (file === undefined || written === undefined || written === null) return undefined;
  return {
    raw: written,
    source: 'file',
    from: `${nameInFile(name)} in ${file.path}`,
    base: dirname(resolve(file.path)),
  };
}

function badValue({ kind }: Setting<unknown>, { raw, from }: Found): string {
  const value = kind.isSecret === true ? 'the value' : JSON.stringify(raw);
  const explanation = kind.explain?.(raw);
  return `${from}: ${explanation ?? `${value} is not usable`}; give ${kind.shape}`;
}

function unknownVariables(settings: Settings, env: Environment, { environment }: Neighbours): string[] {
  const known = new Set([...Object.values(settings).flatMap((setting) => setting.env), ...environment]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('GARRISON_') && !known.has(name));
  return unknown.map((name) => `${name} in the environment: there is no such setting; ${hint(name, [...known])}`);
}

function problemsOfFile({ path, values }: SettingsFile, settings: Settings): string[] {
  const inFile = Object.entries(settings).filter(([, { isOutsideFile }]) => isOutsideFile !== true);
  const known = new Map(inFile.map(([name, setting]) => [nameInFile(name), setting]));
  return Object.keys(values).flatMap((name) => {
    const setting = known.get(name);
    if (setting === undefined)
      return [`${name} in ${path}: there is no such setting; ${hint(name, [...known.keys()])}`];
    return setting.kind.isSecret === true ? refuseIfOthersCanRead(path, name) : [];
  });
}

/** A value carries its unit in the file, so the name need not. */
export function nameInFile(name: string): string {
  return name.replace(/(Ms|Bytes)$/, '');
}

function refuseIfOthersCanRead(file: string, name: string): string[] {
  const isOpen = (statSync(file).mode & 0o077) !== 0;
  return isOpen
    ? [`${name} in ${file}: the file holds a secret and is open to other users; run: chmod 600 ${file}`]
    : [];
}

function hint(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  return distance(name, nearest) <= name.length / 3
    ? `did you mean ${nearest}?`
    : 'remove it, or see docs/reference/configuration.md';
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
