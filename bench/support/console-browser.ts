import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { startBrowser } from '../../test/e2e/browser.ts';
import type { ControllerAddresses } from './controller.ts';

const VIEWPORT = { width: 1_280, height: 800 };
const MEGABYTE = 1_048_576;
const LONGEST_MS = 120_000;

/** A browser that is signed in, with a page in which things are timed by its own clock. */
export class ConsoleBrowser {
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #page: Page;
  readonly #devtools: CDPSession;
  #receivedBytes = 0;

  private constructor(browser: Browser, context: BrowserContext, page: Page, devtools: CDPSession) {
    this.#browser = browser;
    this.#context = context;
    this.#page = page;
    this.#devtools = devtools;
    devtools.on('Network.dataReceived', ({ encodedDataLength, dataLength }) => {
      this.#receivedBytes += encodedDataLength || dataLength;
    });
  }

  static async start({ api, masterKey }: ControllerAddresses): Promise<ConsoleBrowser> {
    const browser = await startBrowser();
    const context = await browser.newContext({ baseURL: api, viewport: VIEWPORT });
    const headers = { 'sec-fetch-site': 'same-origin', origin: new URL(api).origin };
    const signedIn = await context.request.post('/console/api/session', { data: { key: masterKey }, headers });
    if (!signedIn.ok()) throw new Error(`nobody could sign in: ${signedIn.status()}`);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await page.goto('/console/settings');
    await page.locator('main h1').waitFor({ timeout: LONGEST_MS });
    return new ConsoleBrowser(browser, context, page, devtools);
  }

  /** A browser that has never been here, from the address to what the selector finds. */
  async coldMs(path: string, selector: string): Promise<number> {
    const context = await this.#browser.newContext({ baseURL: new URL(this.#page.url()).origin, viewport: VIEWPORT });
    await context.addCookies(await this.#context.cookies());
    const page = await context.newPage();
    const start = performance.now();
    await page.goto(`/console${path}`, { waitUntil: 'commit' });
    await page.locator(selector).first().waitFor({ timeout: LONGEST_MS });
    const tookMs = performance.now() - start;
    await context.close();
    return tookMs;
  }

  /** To another page of the console, as a link leads there; milliseconds until what the selector finds is painted. */
  go(path: string, selector: string): Promise<number> {
    return this.#inPage(`
      const start = performance.now();
      history.pushState({}, '', ${JSON.stringify(`/console${path}`)});
      dispatchEvent(new PopStateEvent('popstate'));
      await frame();
      await until(() => document.querySelector(${JSON.stringify(selector)}) !== null);
      return performance.now() - start;`);
  }

  /** What was read is forgotten: pages fetch it again. */
  async forget(): Promise<void> {
    const { pathname } = new URL(this.#page.url());
    await this.#page.goto(pathname.startsWith('/console') ? pathname : '/console/');
    await this.#page.locator('main h1').waitFor({ timeout: LONGEST_MS });
  }

  async untilText(text: string): Promise<void> {
    await this.#page.getByText(text).first().waitFor({ timeout: LONGEST_MS });
  }

  /** The 95th percentile of the times from a key to the paint behind it. */
  keyMs(key: string, times: number): Promise<number> {
    return this.#inPage(`
      const times = [];
      for (let time = 0; time < ${times}; time++) {
        const start = performance.now();
        (document.activeElement ?? document.body).dispatchEvent(
          new KeyboardEvent('keydown', { key: ${JSON.stringify(key)}, bubbles: true }));
        await frame();
        await painted();
        times.push(performance.now() - start);
      }
      return p95(times);`);
  }

  /** The 95th percentile of the times between frames while the page is scrolled. */
  scrollMs(frames: number): Promise<number> {
    return this.#inPage(`
      const times = [];
      blank = 0;
      for (let each = 0, last = await frame(); each < ${frames}; each++) {
        scrollBy(0, 400);
        const at = await frame();
        times.push(at - last);
        last = at;
        if (document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('[role=row],[role=grid]') == null) blank++;
      }
      scrollTo(0, 0);
      return p95(times);`);
  }

  /** In the last `scrollMs`. */
  blankRows(): Promise<number> {
    return this.#inPage('return blank;');
  }

  /** To a place in a log, by its scroll bar, until the line in the middle is there. */
  jumpInLog(share: number): Promise<number> {
    return this.#inPage(`
      const scroller = [...document.querySelectorAll('main section')].find((one) => one.scrollHeight > 100_000);
      const box = scroller.getBoundingClientRect();
      const start = performance.now();
      scroller.scrollTop = scroller.scrollHeight * ${share};
      await frame();
      await until(() => document.elementFromPoint(box.left + 200, box.top + 100)?.closest('[data-stream]') != null);
      await painted();
      return performance.now() - start;`);
  }

  /** In use after what nobody needs has been collected. */
  async heapMb(): Promise<number> {
    await this.#devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await this.#devtools.send('Runtime.getHeapUsage');
    return usedSize / MEGABYTE;
  }

  /** Counts frames and bytes until `end`. */
  async watch() {
    const [bytesBefore, startedAt] = [this.#receivedBytes, performance.now()];
    await this.#inPage(`
      watching = [];
      let last = performance.now();
      const next = (now) => {
        if (watching === undefined) return;
        watching.push(now - last);
        last = now;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);`);
    return {
      end: async () => ({
        frameMs: await this.#inPage<number>(`const times = watching ?? [0]; watching = undefined; return p95(times);`),
        receivedKb: (this.#receivedBytes - bytesBefore) / 1_024,
        seconds: (performance.now() - startedAt) / 1_000,
      }),
    };
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  #inPage<Result>(work: string): Promise<Result> {
    return this.#page.evaluate(`(async () => { ${WORDS} ${work} })()`) as Promise<Result>; // as the text says
  }
}

/** What the pieces above are written with; names without a declaration live as long as the page. */
const WORDS = `
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const painted = () => new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
  const until = async (holds) => {
    for (const start = performance.now(); !holds(); await frame())
      if (performance.now() - start > ${LONGEST_MS}) throw new Error('it did not come: ' + holds);
  };
  const p95 = (times) => times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.95)] ?? 0;
  globalThis.blank ??= 0;
  globalThis.watching ??= undefined;
`;
