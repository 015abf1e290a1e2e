/** The commands of the pages, as they stand there: every block behind `<!-- run -->` is run by a shell, page by page, on a fresh installation. */
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { garrison } from '#test/support/program.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

const pages = readdirSync(DOCS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, blocks: blocksOf(readFileSync(join(DOCS, file), 'utf8')) }))
  .filter(({ blocks }) => blocks.length > 0);

function blocksOf(markdown: string): string[] {
  return [...markdown.matchAll(/^<!-- run -->\n```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
}

let site: Installation;
let home: string;

beforeAll(async () => {
  site = await Installation.start({ nodes: 2 });
  home = join(site.directory, 'home');
  mkdirSync(join(home, 'bin'), { recursive: true });
  symlinkSync(garrison, join(home, 'bin/garrison'));
  const { node_id: id } = (await Array.fromAsync(site.fleet.hosts()))[0] ?? {};
  await site.fleet.changeHostTags(id ?? '', { add: ['web'] });
});

afterAll(() => site?.close());

test.each(pages)('the commands of docs/$file', { timeout: 120_000 }, async ({ blocks }) => {
  const env = {
    PATH: `${join(home, 'bin')}:${process.env.PATH}`,
    HOME: home,
    GARRISON_DATA_DIR: site.dataDir,
    API: site.ready.api,
    DATA: site.dataDir,
  };
  const script = `set -euo pipefail\n${blocks.join('\n')}`;
  const ended = await promisify(execFile)('bash', ['-xc', script], { env, cwd: home, timeout: 100_000 }).then(
    () => 'well',
    ({ stdout, stderr }) => `${stdout}\n${stderr}`,
  );
  expect(ended).toBe('well');
});

test('there are pages with commands', () => {
  expect(pages.length).toBeGreaterThan(4);
});
