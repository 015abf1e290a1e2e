// Pictures of every screen, in light and dark, for a person to look at: npm run screenshots -- DIR
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { Installation } from '#test/support/installation.ts';
import { startBrowser, whyNoBrowser } from './browser.ts';
import { livedInOptions, liveIn } from './lived-in.ts';
import { samplesOf, screenPaths } from './screen-paths.ts';
import { signIn } from './sign-in.ts';

const VIEWPORT = { width: 1_280, height: 800 };
const SCHEMES = ['light', 'dark'] as const;

const [out] = process.argv.slice(2);
if (out === undefined || whyNoBrowser !== undefined) {
  console.error(whyNoBrowser ?? 'say where to: npm run screenshots -- DIR');
  process.exit(2);
}
const directory = mkdtempSync(join(tmpdir(), 'garrison-pictures-'));
const browser = await startBrowser();
try {
  const site = await Installation.start(livedInOptions(directory));
  try {
    const life = await liveIn(site);
    await takeAll(site, browser, out);
    await life.close();
  } finally {
    await site.close();
  }
} finally {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
}

async function takeAll(site: Installation, browser: Browser, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const screens = screenPaths(await samplesOf(site.ready));
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ baseURL: site.ready.api, viewport: VIEWPORT, colorScheme });
    await signIn(context, site);
    const page = await context.newPage();
    for (const [name, path] of screens) {
      await page.goto(`/console${path}`);
      await page.locator('main h1').waitFor();
      await page.locator('[data-state=loading]').first().waitFor({ state: 'hidden' });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300)))');
      await page.screenshot({ path: join(out, `${name}-${colorScheme}.png`) });
      console.log(`${name}-${colorScheme}.png`);
    }
    await context.close();
  }
}
