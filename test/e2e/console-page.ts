import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import { PageWatch } from './page-watch.ts';
import { signIn } from './sign-in.ts';
import type { Site } from './site.ts';

export interface ConsoleOptions extends Pick<BrowserContextOptions, 'colorScheme' | 'viewport'> {
  /** Below `/console`; default: the overview. */
  readonly path?: string;
  /** Problems that the test provokes. */
  readonly expected?: readonly RegExp[];
  /** Signs in with this key in place of a link of the installation's own. */
  readonly key?: string;
}

export interface ConsolePage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Below `/console`. */
  goto(path: string): Promise<void>;
}

/** A page of the console, signed in. The test fails when the page does what `PageWatch` looks for. */
export async function openConsole(browser: Browser, site: Site, options: ConsoleOptions = {}): Promise<ConsolePage> {
  const { path = '/', expected = [], key, ...rest } = options;
  const origin = originOf(site);
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1280, height: 800 }, ...rest });
  const watch = await PageWatch.over(context, origin, expected);
  onTestFinished(async () => {
    await context.close();
    expect(watch.problems, 'what pages did beside the test').toEqual([]);
  });
  await takeSession(context, site, key);
  const page = await context.newPage();
  const goto = async (to: string) => void (await page.goto(`/console${to}`));
  await goto(path);
  return { page, context, goto };
}

export function originOf(site: Site): string {
  return new URL(site.ready.api).origin;
}

/** The cookie of one session serves all pages of a test run that need no session of their own. */
const sessions = new Map<string, Promise<Awaited<ReturnType<BrowserContext['cookies']>>>>();

async function takeSession(context: BrowserContext, site: Site, key: string | undefined): Promise<void> {
  const name = key ?? site.ready.api;
  let cookies = sessions.get(name);
  if (cookies === undefined) {
    cookies = signIn(context, site, key);
    sessions.set(name, cookies);
    cookies.catch(() => sessions.delete(name));
  }
  await context.addCookies(await cookies);
}
