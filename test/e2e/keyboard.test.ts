import { expect, test } from 'vitest';
import { until } from '#test/support/installation.ts';
import { inBrowser } from './in-browser.ts';

inBrowser('a keyboard alone', (at) => {
  test('makes a key: opens its screen, fills the form, and takes the secret that is shown once', async () => {
    const { page } = await at.open({ path: '/audit' });
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    const { keyboard } = page;
    await tabTo('Keys', 'link');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keys and tokens' }).waitFor();
    await tabTo('New key', 'button');
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'New key' }).waitFor();
    await tabTo('Name', 'textbox');
    await keyboard.type('made by keyboard');
    await page.getByRole('checkbox').first().waitFor();
    await tabTo('issue', 'checkbox');
    await keyboard.press('Space');
    await keyboard.press('Enter');
    const shown = page.getByRole('dialog', { name: 'The key made by keyboard' });
    await shown.getByText(/^grn_[0-9a-f]{64}$/).waitFor();
    await keyboard.press('Escape');
    await shown.waitFor({ state: 'detached' });
    await page.getByRole('cell', { name: /^made by keyboard/ }).waitFor();

    /** Goes on with the tab key until what has the focus is the one that is wanted. */
    async function tabTo(name: string, role: 'link' | 'button' | 'textbox' | 'checkbox'): Promise<void> {
      const wanted = page.getByRole(role, { name }).first();
      for (let presses = 0; presses < 80; presses++) {
        if (await wanted.evaluate((element) => element === element.ownerDocument.activeElement)) return;
        await keyboard.press('Tab');
      }
      expect.fail(`${role} ${name} is not reached by the tab key`);
    }
  });

  test('goes through the list of nodes: j and k move, x selects, r runs on what is selected', async () => {
    const { page } = await at.open({ path: '/nodes?on=tags%3Dweb' });
    const { keyboard } = page;
    const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });
    await row('web-2').waitFor();
    await keyboard.press('j');
    await expectFocus(row('web-1'));
    await keyboard.press('j');
    await expectFocus(row('web-2'));
    await keyboard.press('x');
    await page.getByText('1 node selected').waitFor();
    await keyboard.press('k');
    await expectFocus(row('web-1'));
    await keyboard.press('x');
    await page.getByText('2 nodes selected').waitFor();
    await keyboard.press('x');
    await page.getByText('1 node selected').waitFor();
    await keyboard.press('r');
    await page.waitForURL(/\/console\/run\?on=/);
    await page.getByText('web-2').first().waitFor();

    async function expectFocus(wanted: ReturnType<typeof row>): Promise<void> {
      await until('the row has the focus', () =>
        wanted.evaluate((element) => element === element.ownerDocument.activeElement),
      );
    }
  });
});
