import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Connection } from '#client/connection.ts';
import { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { script, until } from '#test/support/installation.ts';
import { startBrowser, whyNoBrowser } from './browser.ts';
import { openConsole } from './console-page.ts';
import { killController, nodesConnected, type Site, sharedSite, startController } from './site.ts';

/** What browsers say of a controller that is away. */
const AWAY = [/Failed to load resource/, /ERR_/];
const WAIT = { timeout: 60_000 };
const STEPS = [1, 2, 3, 4, 5, 6];

describe.skipIf(whyNoBrowser)(`a console that is watched${whyNoBrowser ? ` (skipped: ${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  let site: Site;

  beforeAll(async () => {
    [browser, site] = await Promise.all([startBrowser(), sharedSite()]);
  });
  afterAll(() => browser?.close());

  const fleet = () =>
    new EdgeFleetClient(
      new Connection({ baseUrl: site.ready.api, headers: { authorization: `Bearer ${site.ready.edgeToken}` } }),
    );

  async function begin(text: string): Promise<string> {
    const stop = new AbortController();
    const { events } = await fleet().invoke(
      { target: { Selector: { tags: [{ Has: 'web' }] } }, ...script(text) },
      stop.signal,
    );
    for await (const event of events) {
      if (event.event !== 'fleet_started') continue;
      stop.abort();
      return event.data.fleet_command_id;
    }
    throw new Error('the run did not start');
  }

  test('seven tabs over plain HTTP all show what happens', async () => {
    const { context, page, goto } = await openConsole(browser, site, { path: '/groups' });
    const pages = [page, ...(await Promise.all(Array.from({ length: 6 }, () => context.newPage())))];
    for (const one of pages.slice(1)) await one.goto('/console/runs');
    await goto('/runs');
    for (const one of pages) await rowsOf(one).first().waitFor(WAIT);
    await begin('echo all tabs are live');
    for (const one of pages) {
      await one.bringToFront();
      await one.getByText('all tabs are live').first().waitFor(WAIT);
    }
  });

  test('a run goes on when its controller is killed: nothing is missing, and nothing is there twice', async () => {
    const id = await begin('for i in 1 2 3 4 5 6; do echo "step $i"; sleep 1; done; echo the end');
    const { page, goto } = await openConsole(browser, site, { path: `/runs/${id}`, expected: AWAY });
    await page.getByText('step 1').or(page.locator('main h1')).first().waitFor(WAIT);
    await killController();
    site = await startController();
    await nodesConnected();
    await until('the run has ended', async () => (await fleet().run(id)).ended_at !== null);
    await page.getByText('2 of 2 hosts have ended').waitFor(WAIT);
    const { groups } = await readGroups(page, id);
    expect(groups).toMatchObject([{ count: 2, outcome: 'ok' }]);
    const { executions } = await readHosts(page, id, groups[0]?.digest ?? '');
    for (const execution of executions) {
      await goto(`/executions/${execution}`);
      await page.getByText('the end').first().waitFor(WAIT);
      const text = (await page.locator('main').textContent()) ?? '';
      for (const step of STEPS) expect(text.split(`step ${step}`).length - 1, `step ${step} in ${text}`).toBe(1);
    }
  });
});

function rowsOf(page: Page) {
  return page.locator('main [role=row], main tbody tr');
}

async function readGroups(page: Page, run: string) {
  const answer = await page.request.get(`/v1/runs/${run}/groups`, { headers: { 'sec-fetch-site': 'same-origin' } });
  return (await answer.json()) as { readonly groups: readonly { readonly digest: string }[] }; // as its operation says
}

async function readHosts(page: Page, run: string, digest: string) {
  const path = `/v1/runs/${run}/groups/${digest}/hosts`;
  const answer = await page.request.get(path, { headers: { 'sec-fetch-site': 'same-origin' } });
  const { items } = (await answer.json()) as { items: readonly { executionId: string }[] }; // as its operation says
  return { executions: items.map(({ executionId }) => executionId) };
}
