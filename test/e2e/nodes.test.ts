import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { expectAccessible } from './accessible.ts';
import { inBrowser } from './in-browser.ts';
import { samplesOf } from './screen-paths.ts';

const WAIT = { timeout: 60_000 };

inBrowser('nodes in a browser', (at) => {
  let node: string;

  beforeAll(async () => {
    ({ node = '' } = await samplesOf(at.site.ready));
  });

  test('columns are chosen, and are in the address', async () => {
    const { page } = await at.open({ path: '/nodes' });
    await page.getByRole('columnheader', { name: 'Version' }).waitFor(WAIT);
    await page.locator('summary', { hasText: 'Columns' }).click();
    await page.getByRole('checkbox', { name: 'Labels' }).check();
    await page.getByRole('checkbox', { name: 'Version' }).uncheck();
    await page.getByRole('columnheader', { name: 'Labels' }).waitFor(WAIT);
    await expectAccessible(page);
    await page.waitForURL(/columns=/);
    await page.reload();
    await page.getByRole('columnheader', { name: 'Labels' }).waitFor(WAIT);
    expect(await page.getByRole('columnheader', { name: 'Version' }).count()).toBe(0);
  });

  test('metrics over time are lines, and the same as a table', async () => {
    const { page } = await at.open({ path: `/nodes/${node}` });
    await page.getByRole('img', { name: 'Processors, memory and disk' }).locator('canvas').waitFor(WAIT);
    await page.getByText('As a table').click();
    await page.getByRole('columnheader', { name: 'Received' }).waitFor(WAIT);
    await expectAccessible(page);
    await page.getByRole('combobox', { name: 'Time shown' }).selectOption('7d');
    await page.waitForURL(/range=7d/);
    await page.getByText('Nothing was reported in this time.').waitFor(WAIT);
  });

  test('a file goes to a machine, and comes back as it is', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'garrison-files-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const content = randomBytes(300_000);
    await writeFile(join(directory, 'crate'), content);
    const { page } = await at.open({ path: `/nodes/${node}` });
    await page.getByRole('button', { name: 'Files' }).click(WAIT);
    const dialog = page.getByRole('dialog', { name: /^Files of/ });
    await dialog.getByLabel('Path on the machine').fill(join(directory, 'landed'));
    await dialog.getByLabel('File to send').setInputFiles(join(directory, 'crate'));
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Send', exact: true }).click();
    await dialog.getByText('The machine has it.').waitFor(WAIT);
    expect(hashOf(await readFile(join(directory, 'landed')))).toBe(hashOf(content));
    await dialog.getByRole('button', { name: 'Fetch', exact: true }).click();
    const downloading = page.waitForEvent('download', WAIT);
    await dialog.getByRole('link', { name: 'Save landed' }).click(WAIT);
    expect(hashOf(await readFile(await (await downloading).path()))).toBe(hashOf(content));
    await dialog.getByLabel('Path on the machine').fill(join(directory, 'nowhere'));
    await dialog.getByRole('button', { name: 'Fetch', exact: true }).click();
    await dialog.getByText(/It did not work/).waitFor(WAIT);
  });
});

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
