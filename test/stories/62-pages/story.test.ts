/** The commands of the pages, as they stand there, are run by a shell, page by page, on one fresh installation. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '#test/support/installation.ts';
import { type Block, blocksOf, PAGES } from '#test/support/pages.ts';
import { garrison } from '#test/support/program.ts';

const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** The nodes of which the pages speak. */
const NODES = ['web-1', 'web-2', 'db-1'];

const pages = PAGES.map((page) => ({ page, blocks: blocksOf(page).filter(({ marker }) => marker?.kind === 'run') }));
const runnable = pages.filter(({ blocks }) => blocks.length > 0);

let site: Installation;
let bin: string;

beforeAll(async () => {
  site = await Installation.start({ env: { GARRISON_AUDIT_CHECKPOINT_INTERVAL: '1s' } });
  bin = join(site.directory, 'bin');
  mkdirSync(bin);
  symlinkSync(garrison, join(bin, 'garrison'));
  await Promise.all(NODES.map((name) => site.addNode(name, { region: 'eu' })));
  for await (const { name, node_id: id } of site.fleet.hosts()) {
    await site.fleet.changeHostTags(id, { add: [name.startsWith('web') ? 'web' : 'db'] });
  }
});

afterAll(() => site?.close());

/** What the pages name, and what it is here. Places outside of the data directory are below the home of the page. */
function asHere(text: string, home: string): string {
  const named: [RegExp, string][] = [
    [/(?:localhost|127\.0\.0\.1):7070\b/g, new URL(site.ready.api).host],
    [/fleet\.example\.com:7443\b/g, new URL(site.ready.tls).host],
    [/fleet\.example\.com:7071\b/g, `127.0.0.1:${site.nodePort}`],
    [/127\.0\.0\.1:43128\b/g, site.ready.httpProxy],
    [/\/var\/lib\/garrison(?![-\w])/g, site.dataDir],
    [/(?<![\w./-])\/(?=(?:etc|opt|srv|var\/lib|var\/log)\/)/g, `${home}/`],
    [/(?<![\w./-])bin\/garrison\b/g, 'garrison'],
  ];
  return named.reduce((former, [pattern, here]) => former.replaceAll(pattern, here), text);
}

/** The lines that go before, and the block with what they assign. */
function scriptOf({ marker, text }: Block, home: string): string {
  const setUp = marker?.kind === 'run' ? marker.setUp : '';
  const names = [...setUp.matchAll(/^([A-Z_]+)=/gm)].map(([, name = '']) => name);
  const filledIn = names.reduce(
    (former, name) => former.replaceAll(new RegExp(`(?<![\\w$])${name}(?![\\w=])`, 'g'), `$${name}`),
    asHere(text, home),
  );
  return `${asHere(setUp, home)}\n${filledIn}`;
}

async function outcomeOf(page: string, blocks: readonly Block[]): Promise<string> {
  const home = mkdtempSync(join(site.directory, `${page.replaceAll('/', '-')}-`));
  for (const place of ['etc/garrison', 'opt', 'srv', 'var/log', 'var/lib'])
    mkdirSync(join(home, place), { recursive: true });
  cpSync(join(site.dataDir, 'profile.json'), join(home, '.config/garrison/profile.json')); // the one in use, as after `up`
  cpSync(DEPLOY, join(home, 'deploy'), { recursive: true });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: home,
    GARRISON_STATE_DIR: join(home, 'state'),
    USE_RANDOM_ID: 'true',
    API: site.ready.api,
    DATA: site.dataDir,
    KEY: site.ready.apiKey,
    MASTER_KEY: site.ready.masterKey,
    METRICS_KEY: readFileSync(join(site.dataDir, 'metrics.key'), 'utf8').trim(),
    PROXY_KEY: site.ready.proxyKey,
    ORG: site.ready.orgId,
  };
  const script = `set -euo pipefail\n${blocks.map((block) => scriptOf(block, home)).join('\n')}`;
  return promisify(execFile)('bash', ['-xc', script], { env, cwd: home, timeout: 280_000 }).then(
    () => 'well',
    ({ stdout, stderr }) => `${stdout}\n${stderr}`,
  );
}

test.each(runnable)('the commands of $page', { timeout: 300_000 }, async ({ page, blocks }) => {
  expect(await outcomeOf(page, blocks)).toBe('well');
});

test('most pages with commands have some that are run', () => {
  expect(runnable.length).toBeGreaterThan(15);
});
