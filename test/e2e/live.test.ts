import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { Connection } from '#client/connection.ts';
import { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import { script, until } from '#test/support/installation.ts';
import { inBrowser } from './in-browser.ts';
import { killController, nodesConnected, startController } from './site.ts';

/** What browsers say of a controller that is away. */
const AWAY = [/Failed to load resource/, /ERR_/];
const WAIT = { timeout: 60_000 };
const STEPS = [1, 2, 3, 4, 5, 6];

inBrowser('a console that is watched', (at) => {
  const fleet = () =>
    new EdgeFleetClient(
      new Connection({ baseUrl: at.site.ready.api, headers: { authorization: `Bearer ${at.site.ready.edgeToken}` } }),
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
    const { context, page, goto } = await at.open({ path: '/groups' });
    const streams: string[] = [];
    context.on('response', (response) => {
      if (response.headers()['content-type']?.includes('event-stream')) streams.push(new URL(response.url()).pathname);
    });
    const pages = [page, ...(await Promise.all(Array.from({ length: 6 }, () => context.newPage())))];
    const [runs, events] = [pages.slice(0, 4), pages.slice(4)];
    for (const one of runs.slice(1)) await one.goto('/console/runs');
    for (const one of events) await one.goto('/console/events');
    await goto('/runs');
    for (const one of pages) await rowsOf(one).first().waitFor(WAIT);
    const run = await begin('echo all tabs are live');
    for (const one of pages) {
      await one.bringToFront();
      const news = one.getByText(runs.includes(one) ? 'all tabs are live' : run.slice('f-'.length));
      await news.first().waitFor(WAIT);
    }
    expect(new Set(streams), 'streams beside the one of the browser').toEqual(new Set(['/console/feed']));
  });

  test('a run goes on when its controller is killed: nothing is missing, and nothing is there twice', async () => {
    const id = await begin('for i in 1 2 3 4 5 6; do echo "step $i"; sleep 1; done; echo the end');
    const { page, goto } = await at.open({ path: `/runs/${id}`, expected: AWAY });
    await page.getByText('step 1').or(page.locator('main h1')).first().waitFor(WAIT);
    await killController();
    at.site = await startController();
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
