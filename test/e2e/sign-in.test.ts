import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { originOf } from './console-page.ts';
import { inBrowser } from './in-browser.ts';
import { consoleLink } from './sign-in.ts';
import { adaSaysNo, adaSignsIn, type Site } from './site.ts';

inBrowser('signing in to the console', (at) => {
  async function freshPage() {
    const context = await at.browser.newContext({ baseURL: originOf(at.site) });
    onTestFinished(() => context.close());
    return context.newPage();
  }

  test('a link opens the console once, and its secret is not left in the address', async () => {
    const link = await consoleLink(at.site);
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
    await page.getByLabel('Key').fill(at.site.ready.masterKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Keys and tokens' }).waitFor();
    const cookies = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
    await page.context().addCookies(cookies);
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
  });

  test('a person signs in at the issuer and out again, and one who is refused is told why', async () => {
    await adaSignsIn();
    const page = await freshPage();
    await page.goto('/console/runs');
    await page.getByRole('link', { name: /^Continue with 127/ }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByText('ada', { exact: true }).first().waitFor();
    const cookies = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Garrison' }).waitFor();
    await page.context().addCookies(cookies);
    await page.reload();
    await adaSaysNo();
    await page.getByRole('link', { name: /^Continue with 127/ }).click();
    await page.getByRole('alert').filter({ hasText: 'The person said no.' }).waitFor();
    await expectAccessible(page);
  });

  test('the cookie changes nothing from a page of another origin', async () => {
    const { context } = await at.open({ expected: [/./] });
    const [cookie] = await context.cookies();
    const answer = (fetchSite: string) =>
      ask(at.site, { method: 'POST', cookie: `${cookie?.name}=${cookie?.value}`, 'sec-fetch-site': fetchSite });
    expect(await answer('same-site')).toMatchObject({ status: 403 });
    expect(await answer('cross-site')).toMatchObject({ status: 403 });
    expect(await answer('same-origin')).toMatchObject({ status: 400 }); // only its content is not good
  });

  test('a session that somebody ends is over for its browser', async () => {
    const { context, page } = await at.open({ key: at.site.ready.edgeToken, expected: [/401/, /403/] });
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const own = await context.request.get('/console/api/sessions', { headers: { 'sec-fetch-site': 'same-origin' } });
    const { items } = (await own.json()) as { items: { id: string; is_own: boolean }[] }; // what the route writes
    const mine = items.find(({ is_own }) => is_own);
    const { context: other } = await at.open({ expected: [/./] });
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
