import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { startBrowser, whyNoBrowser } from './browser.ts';
import { openConsole, originOf } from './console-page.ts';
import { consoleLink } from './sign-in.ts';
import { type Site, sharedSite } from './site.ts';

describe.skipIf(whyNoBrowser)(`signing in to the console${whyNoBrowser ? ` (skipped: ${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    [browser, site] = await Promise.all([startBrowser(), sharedSite()]);
  });
  afterAll(() => browser?.close());

  async function freshPage() {
    const context = await browser.newContext({ baseURL: originOf(site) });
    onTestFinished(() => context.close());
    return context.newPage();
  }

  test('a link opens the console once, and its secret is not left in the address', async () => {
    const link = await consoleLink(site);
    const page = await freshPage();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(page.url()).not.toContain('link=');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', name: expect.stringMatching(/^grn-[0-9a-f]{8}$/) });

    const second = await freshPage();
    await second.goto(link);
    await second.getByText('This link has expired or was used.').waitFor();
    await expectAccessible(second);
  });

  test('a key opens it, a wrong one does not, and signing out ends the session', async () => {
    const page = await freshPage();
    await page.goto('/console/keys');
    await page.getByLabel('Key').fill('grn_not-a-key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not good.').waitFor();
    await page.getByLabel('Key').fill(site.ready.masterKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Keys and tokens' }).waitFor();
    const cookies = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
    await page.context().addCookies(cookies);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
  });

  test('the cookie changes nothing from a page of another origin', async () => {
    const { context } = await openConsole(browser, site, { expected: [/./] });
    const [cookie] = await context.cookies();
    const answer = (fetchSite: string) =>
      ask(site, { method: 'POST', cookie: `${cookie?.name}=${cookie?.value}`, 'sec-fetch-site': fetchSite });
    expect(await answer('same-site')).toMatchObject({ status: 403 });
    expect(await answer('cross-site')).toMatchObject({ status: 403 });
    expect(await answer('same-origin')).toMatchObject({ status: 400 }); // only its content is not good
  });

  test('a session that somebody ends is over for its browser', async () => {
    const { context, page } = await openConsole(browser, site, { key: site.ready.edgeToken, expected: [/401/, /403/] });
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const own = await context.request.get('/console/api/sessions', { headers: { 'sec-fetch-site': 'same-origin' } });
    const { items } = (await own.json()) as { items: { id: string; is_own: boolean }[] }; // what the route writes
    const mine = items.find(({ is_own }) => is_own);
    const { context: other } = await openConsole(browser, site, { expected: [/./] });
    const ended = await other.request.delete(`/console/api/sessions/${mine?.id}`, {
      headers: { 'sec-fetch-site': 'same-origin' },
    });
    expect(ended.status()).toBe(204);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
  });
});

/** A group without a name, as no browser would ask for it. */
async function ask(site: Site, { method, ...headers }: Readonly<Record<string, string>>) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  httpRequest(
    `${site.ready.api}/v1/edge/groups`,
    { method, headers: { ...headers, 'content-type': 'application/json' } },
    async (response) => resolve({ status: response.statusCode ?? 0, body: await text(response) }),
  )
    .on('error', reject)
    .end('{}');
  return promise;
}
