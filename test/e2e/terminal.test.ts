import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { until } from '#test/support/installation.ts';
import { expectAccessible } from './accessible.ts';
import { inBrowser } from './in-browser.ts';
import { samplesOf } from './screen-paths.ts';

const WAIT = { timeout: 60_000 };

inBrowser('terminals in a browser', (at) => {
  let node: string;

  beforeAll(async () => {
    ({ node = '' } = await samplesOf(at.site.ready));
  });

  test('a shell in colours, of the size of the window, that a keyboard can leave', async () => {
    const { page } = await at.open({ path: `/nodes/${node}` });
    await page.getByRole('link', { name: 'Terminal', exact: true }).click(WAIT);
    await openShell(page);
    await type(page, 'printf "\\033[38;2;255;0;0m%s\\033[0m \\033[1;32m%s\\033[0m\\n" "r""ed" "gr""een"');
    await shows(page, /red green/);
    const colours = await page
      .locator('.xterm-rows span', { hasText: /^(red|green)$/ })
      .evaluateAll((spans) => spans.map((span) => span.ownerDocument.defaultView?.getComputedStyle(span).color));
    expect(new Set(colours).size, 'each colour is another one').toBe(2);
    await expectAccessible(page);

    const columns = async () => {
      await type(page, 'clear; echo "[$(stty size)]"');
      await shows(page, /\[\d+ \d+\]/);
      return Number(/\[\d+ (\d+)\]/.exec(await screenOf(page))?.[1]);
    };
    const wide = await columns();
    await page.setViewportSize({ width: 800, height: 600 });
    await until('the shell knows the size of the window', async () => (await columns()) < wide - 20);

    await page.keyboard.press('Control+Shift+L');
    const end = page.getByRole('button', { name: 'End it' });
    await until('the keyboard has left', () =>
      end.evaluate((element) => element === element.ownerDocument.activeElement),
    );
    await page.keyboard.press('Enter');
    await page.getByText('It has ended.').waitFor(WAIT);
    await page.getByRole('button', { name: 'Open a new one' }).waitFor(WAIT);
    await expectAccessible(page);
  });

  test('after a cut, and after the page was loaded again, it is the same shell; its end is told with its code', async () => {
    const { page, goto } = await at.open({ path: '/nodes', colorScheme: 'dark' });
    let cut = async () => {};
    let connections = 0;
    await page.routeWebSocket(/terminal-sessions\/socket/, (ours) => {
      connections += 1;
      const theirs = ours.connectToServer();
      cut = async () => {
        await theirs.close();
        await ours.close();
      };
    });
    await goto(`/nodes/${node}/terminal`);
    await openShell(page);
    await page.waitForURL(/session=/);
    await type(page, 'mark=is-the-same; echo rea""dy');
    await shows(page, /ready/);
    await cut();
    await until('it came back', () => connections === 2);
    await page.getByText(/^Connected as/).waitFor(WAIT);
    await insist(page, 'echo "it-$mark"', /it-is-the-same/);
    await page.reload();
    await page.getByText(/^Connected as/).waitFor(WAIT);
    await insist(page, 'echo "still-$mark"', /still-is-the-same/);
    await expectAccessible(page);
    await type(page, 'exit 7');
    await page.getByText('It has ended, with 7.').waitFor(WAIT);
  });

  test('others are listed, watched and ended, and what was shown is played', async () => {
    const { page, context } = await at.open({ path: `/nodes/${node}/terminal` });
    await openShell(page);
    await page.waitForURL(/session=/);
    const id = new URL(page.url()).searchParams.get('session') ?? '';

    const other = await context.newPage();
    await other.goto('/console/terminals?open=1');
    await other.locator(`a[href$="${id}"]`).click(WAIT);
    await other.getByRole('button', { name: 'Watch' }).click(WAIT);
    await page.getByText(/watches this session/).waitFor(WAIT);
    await type(page, 'echo for-every""body');
    await shows(other, /for-everybody/);
    await expectAccessible(other);
    await other.getByRole('button', { name: 'End', exact: true }).click();
    await other.getByRole('dialog', { name: 'End this terminal' }).getByRole('button', { name: 'End' }).click();
    await page
      .getByText(/It has ended|session_over/)
      .first()
      .waitFor(WAIT);
    await other.getByText('ended_by_request').first().waitFor(WAIT);

    await until('the recording is kept', async () => {
      await other.reload();
      await other.getByRole('button', { name: 'Play the recording' }).click(WAIT);
      const shown = await Promise.race([
        other
          .getByRole('slider', { name: 'Time' })
          .waitFor(WAIT)
          .then(() => true),
        other
          .getByRole('alert')
          .waitFor(WAIT)
          .then(() => false),
      ]);
      return shown;
    });
    const slider = other.getByRole('slider', { name: 'Time' });
    await slider.fill(await slider.getAttribute('max').then((max) => max ?? '0'));
    await shows(other, /for-everybody/);
    await other.getByRole('button', { name: 'From the beginning' }).waitFor(WAIT);
    await expectAccessible(other);
  });
});

async function openShell(page: Page): Promise<void> {
  await page.getByText(/^Connected as/).waitFor(WAIT);
  await insist(page, 'exec sh', /[#$] *$/);
  await type(page, 'PS1="$ "; stty -ixon');
}

async function type(page: Page, line: string): Promise<void> {
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.insertText(line);
  await page.keyboard.press('Enter');
}

/** What is typed while it comes back is lost: it is typed again until it shows. */
async function insist(page: Page, line: string, what: RegExp): Promise<void> {
  await until(`the terminal shows ${what}`, async () => {
    if (what.test(await screenOf(page))) return true;
    await type(page, line);
    await page.waitForTimeout(500);
    return what.test(await screenOf(page));
  });
}

async function screenOf(page: Page): Promise<string> {
  const lines = await page.locator('.xterm-rows > div').allInnerTexts();
  return lines
    .map((line) => line.replaceAll('\u00a0', ' ').trimEnd())
    .join('\n')
    .trimEnd();
}

function shows(page: Page, what: RegExp): Promise<void> {
  return until(`the terminal shows ${what}`, async () => what.test(await screenOf(page)));
}
