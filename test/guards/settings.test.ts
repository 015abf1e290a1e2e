import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { settings } from '#controller/config.ts';
import { daemonSettings } from '#daemon/settings.ts';
import type { Setting } from '#settings/read-settings.ts';
import { configurationPage } from '../../build/configuration-page.ts';
import knownSettings from './known-settings.json' with { type: 'json' };
import { ROOT } from './source-imports.ts';

/** What scripts rely on; a default that is computed is the machine's and not written here. */
interface KnownSetting {
  readonly env: readonly string[];
  readonly flag?: string;
  readonly default?: string;
}

const KNOWN: Readonly<Record<'controller' | 'node', Readonly<Record<string, KnownSetting>>>> = knownSettings;

function known({ env, flag, kind, default: value }: Setting<unknown>): KnownSetting {
  return {
    env,
    ...(flag !== undefined && { flag }),
    ...(value !== undefined && typeof value !== 'function' && { default: kind.print(value) }),
  };
}

test.each([
  ['controller', settings],
  ['node', daemonSettings],
] as const)(
  'names, variables, flags and defaults of the %s are those scripts know (known-settings.json; add new ones there)',
  (program, declared) => {
    const now = Object.entries<Setting<unknown>>(declared).map(([name, setting]) => [name, known(setting)]);
    expect(Object.fromEntries(now)).toEqual(KNOWN[program]);
  },
);

test('docs/reference/configuration.md is what the declarations say (node build/write-configuration-page.ts)', () => {
  expect(readFileSync(join(ROOT, 'docs/reference/configuration.md'), 'utf8')).toBe(configurationPage());
});
