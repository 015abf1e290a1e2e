import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { SCREENS } from '../../web/src/screens.ts';
import { expectAccessible } from './accessible.ts';
import type { ConsolePage } from './console-page.ts';
import { inBrowser } from './in-browser.ts';
import { samplesOf, screenPaths } from './screen-paths.ts';
import type { Site } from './site.ts';

/** No key for releases is set, which the screen says. */
const NO_RELEASE_KEY = /404.*release_key/;

/** Some of each kind: tables, forms, charts, a run, a terminal. */
const ZOOMED = new Set(['overview', 'nodes', 'node', 'compose', 'run', 'keys', 'terminal', 'terminalSession']);

/** In one test: on a busy machine each takes some seconds. */
const AT_ONCE = 6;

inBrowser('the screens of the console', (at) => {
  let screens: readonly (readonly [string, string])[];

  beforeAll(async () => {
    screens = screenPaths(await samplesOf(at.site.ready));
  });

  async function visit({ page, goto }: ConsolePage, path: string): Promise<void> {
    await goto(path);
    await page.locator('main h1').waitFor();
    await untilRead(page);
  }

  async function look(names: readonly string[], colorScheme: 'light' | 'dark'): Promise<void> {
    const console = await at.open({ colorScheme, expected: [NO_RELEASE_KEY] });
    for (const name of names) {
      const path = screens.find(([one]) => one === name)?.[1];
      expect(path, `the site has something for ${name}`).toBeDefined();
      await visit(console, path ?? '');
      expect(await console.page.title()).toMatch(/^.+ · Garrison$/);
      const refused = console.page.locator('[data-state=error], [data-state=no-right]');
      expect(await refused.count(), name).toBe(0);
      await expectAccessible(console.page);
    }
  }

  const names = Object.keys(SCREENS);
  const some = Array.from({ length: Math.ceil(names.length / AT_ONCE) }, (_, part) => [
    names.slice(part * AT_ONCE, (part + 1) * AT_ONCE).join(', '),
  ]);

  test.each(some)('there are %s, each with its title, and nothing in the way of anybody', async (listed) => {
    await look((listed ?? '').split(', '), 'light');
  });

  test('in dark colours too', async () => {
    await look(['overview', 'join', 'run', 'dispatch', 'webhook'], 'dark');
  });

  test('dispatches are on a board by how far they are, with what the judge said, and are given again', async () => {
    const console = await at.open({ expected: [NO_RELEASE_KEY] });
    const { page } = console;
    await visit(console, '/dispatches');
    await page.getByRole('button', { name: 'Board' }).click();
    await page.waitForURL(/view=board/);
    const done = page.getByRole('region', { name: 'Done', exact: true });
    await done
      .getByText(/Judge: Exit code 0 · score 0.9/)
      .first()
      .waitFor();
    await expectAccessible(page);
    await done.getByRole('link').first().click();
    await page.getByRole('region', { name: 'Judge' }).getByText('git diff --stat; echo 0.9').waitFor();
    const given = page.url();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL((url) => url.href !== given);
    await page
      .getByText(/Raise the load limit/)
      .first()
      .waitFor();
  });

  test('at 200 % of the size nothing leads out of the page sideways', async () => {
    const console = await at.open({
      viewport: { width: 640, height: 400 },
      expected: [NO_RELEASE_KEY],
    });
    const wide: string[] = [];
    for (const [name, path] of screens.filter(([one]) => ZOOMED.has(one))) {
      await visit(console, path);
      const beyond = await console.page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (beyond !== 0) wide.push(`${name}: ${beyond} pixels`);
      await expectAccessible(console.page);
    }
    expect(wide).toEqual([]);
  });

  test('a tenant that has nothing yet is told what each is for', async () => {
    const key = await keyOfNewTenant(at.site);
    const console = await at.open({ key, expected: [NO_RELEASE_KEY] });
    for (const path of ['/nodes', '/groups', '/runs', '/dispatches', '/webhooks', '/aliases']) {
      await visit(console, path);
      await console.page.locator('[data-state=empty]').first().waitFor();
      await expectAccessible(console.page);
    }
  });

  test('what a key may not see says which scope it takes, and so does what it may not do', async () => {
    const key = await makeKey(at.site, ['aegis.edge.hosts.read', 'edge-admin.read']);
    const console = await at.open({ key, expected: [/403/] });
    for (const [path, scope] of [
      ['/audit', 'audit.read'],
      ['/keys', 'keys.manage'],
    ] as const) {
      await visit(console, path);
      await console.page.locator('[data-state=no-right]').filter({ hasText: scope }).waitFor();
      await expectAccessible(console.page);
    }
    await visit(console, '/groups');
    await console.page.getByRole('button', { name: 'New group' }).click({ force: true }); // it says it is disabled
    await console.page
      .getByRole('dialog')
      .getByText(/It takes the scope .*groups\.write/)
      .waitFor();
    await expectAccessible(console.page);
  });

  test('an answer that does not come is an error with its code, and a way to try again', async () => {
    const console = await at.open({ expected: [/500/] });
    let isBroken = true;
    await console.context.route('**/v1/edge/groups', (route) =>
      isBroken
        ? route.fulfill({ status: 500, json: { code: 'internal', detail: 'Something went wrong.', status: 500 } })
        : route.continue(),
    );
    await visit(console, '/groups');
    const alert = console.page.getByRole('alert');
    await alert.getByText('internal').waitFor();
    await expectAccessible(console.page);
    isBroken = false;
    await alert.getByRole('button', { name: 'Try again' }).click();
    await console.page.getByRole('link', { name: 'web-servers' }).waitFor();
  });
});

/** What is on its way has come, whatever it says. */
async function untilRead(page: Page): Promise<void> {
  await page.locator('main [data-state=loading]').first().waitFor({ state: 'detached' });
}

async function makeKey({ ready }: Site, scopes: readonly string[]): Promise<string> {
  const { api_key } = await post<{ api_key: string }>(ready, '/v1/keys', { name: 'little', scopes });
  return api_key;
}

async function keyOfNewTenant({ ready }: Site): Promise<string> {
  const { id } = await post<{ id: string }>(ready, '/v1/orgs', { name: 'new here' });
  const scopes = [
    ...['aegis.edge.hosts.read', 'aegis.edge.fleet.read', 'edge-admin.read', 'status', 'aegis.edge.groups.write'],
  ];
  const made = await post<{ api_key: string }>(ready, `/v1/orgs/${id}/keys`, { kind: 'scoped', name: 'new', scopes });
  return made.api_key;
}

async function post<Answer>({ api, masterKey }: Site['ready'], path: string, body: object): Promise<Answer> {
  const response = await fetch(api + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${masterKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Answer; // as its operation says
}
