import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { startBrowser, whyNoBrowser } from './browser.ts';
import { type ConsoleOptions, type ConsolePage, openConsole } from './console-page.ts';
import { type Site, sharedSite } from './site.ts';

/** What the tests of a file have together: a browser, and the site that all files share. */
export class Ground {
  readonly #parts: { browser?: Browser; site?: Site } = {};

  get browser(): Browser {
    return there(this.#parts.browser);
  }

  /** Set anew by whoever has started its controller again. */
  get site(): Site {
    return there(this.#parts.site);
  }

  set site(site: Site) {
    this.#parts.site = site;
  }

  /** A page of the console, signed in, for one test. */
  open(options: ConsoleOptions = {}): Promise<ConsolePage> {
    return openConsole(this.browser, this.site, options);
  }

  async start(): Promise<void> {
    [this.#parts.browser, this.#parts.site] = await Promise.all([startBrowser(), sharedSite()]);
  }

  async stop(): Promise<void> {
    await this.#parts.browser?.close();
  }
}

/** Tests in a browser; where there is none they are skipped, and their name says why. */
export function inBrowser(title: string, tests: (ground: Ground) => void): void {
  describe.skipIf(whyNoBrowser)(`${title}${whyNoBrowser ? ` (skipped: ${whyNoBrowser})` : ''}`, () => {
    const ground = new Ground();
    beforeAll(() => ground.start());
    afterAll(() => ground.stop());
    tests(ground);
  });
}

function there<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('it is there once the tests run');
  return part;
}
