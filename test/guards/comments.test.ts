import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-imports.ts';

const FOLDERS = ['src', 'test', 'bench', 'demo', 'build', 'web/src'];
const GENERATED = /^src\/protocol\/gen\//;

/** A comment that begins with "Of" has no subject: whoever reads it has to guess what of that is meant. */
const HEADLESS = /^\s*(?:\/\*\*|\/\/|\*) Of /;

test('comments have a subject', () => {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file}`),
  ).filter((file) => !GENERATED.test(file));
  expect(files.length).toBeGreaterThan(1_000);
  const headless = files.flatMap((file) => {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    return lines.flatMap((line, index) => (HEADLESS.test(line) ? [`${file}:${index + 1}`] : []));
  });
  expect(headless).toEqual([]);
});
