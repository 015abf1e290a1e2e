import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { declarationsOf, ROOT } from './source-imports.ts';

/** Services that are put through it as the heart of another, which is named. */
const WITHIN: Readonly<Record<string, string>> = {
  LeasedWork: 'EventRelay',
  SharedReconciler: 'Authorities',
  SessionKeeper: 'Daemon',
};

const stressed = ['src', 'test']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, folder, file)),
  )
  .filter((file) => file.endsWith('.test.ts') && !file.endsWith('services.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .filter((text) => text.includes('stressService('));

function isStressed(service: string): boolean {
  return stressed.some((text) => new RegExp(`\\b${service}\\b`).test(text));
}

test('every service is put through the start/stop stress suite', () => {
  const services = declarationsOf(/^export class (\w+)[^{]* implements [^{]*\bService\b/gm).map(({ name }) => name);
  expect(services.length).toBeGreaterThan(20);
  expect(services.filter((service) => !isStressed(WITHIN[service] ?? service))).toEqual([]);
});
