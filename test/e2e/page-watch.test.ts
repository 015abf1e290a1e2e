import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, whyNoBrowser } from './browser.ts';
import { PageWatch } from './page-watch.ts';

describe.skipIf(whyNoBrowser)(`the watch over a page${whyNoBrowser ? ` (skipped: ${whyNoBrowser})` : ''}`, () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  let page = '';

  beforeAll(async () => {
    browser = await startBrowser();
    server = createServer((request, response) => {
      response.setHeader('content-security-policy', "script-src 'self'; require-trusted-types-for 'script'");
      if (request.url === '/script.js') return response.setHeader('content-type', 'text/javascript').end(page);
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><link rel="icon" href="data:,"><script src="/script.js"></script>${page}`);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  async function problemsOf(content: string, expected: RegExp[] = []): Promise<readonly string[]> {
    page = content;
    const context = await browser.newContext();
    const watch = await PageWatch.over(context, origin, expected);
    const tab = await context.newPage();
    await tab.goto(origin);
    await tab.waitForLoadState('networkidle');
    await context.close();
    return watch.problems;
  }

  const cases: readonly [string, string, RegExp][] = [
    ['a script in the document', '<script>1</script>', /content security policy: script-src-elem inline/],
    ['HTML from a string', "document.head.innerHTML = '<b>'", /content security policy: require-trusted-types-for/],
    ['an error nobody caught', "throw new Error('nobody caught this')", /nobody caught this/],
    ['an error on the console', "console.error('it went wrong')", /it went wrong/],
    ['a request elsewhere', "fetch('http://127.0.0.1:1/pixel').catch(() => {})", /request elsewhere: .*:1\/pixel/],
  ];

  test.each(cases)('sees %s', async (_, content, problem) => {
    expect((await problemsOf(content)).join('\n')).toMatch(problem);
  });

  test('sees nothing in a page that does nothing wrong, or only what a test expects', async () => {
    expect(await problemsOf('const fine = 1;')).toEqual([]);
    expect(await problemsOf("console.error('as expected')", [/as expected/])).toEqual([]);
  });
});
