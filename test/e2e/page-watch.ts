import type { BrowserContext } from 'playwright-core';

/** What a page must not do unnoticed, collected from all pages of a context. */
export class PageWatch {
  readonly #problems: string[] = [];
  readonly #expected: readonly RegExp[];

  private constructor(expected: readonly RegExp[]) {
    this.#expected = expected;
  }

  /** @param expected problems that a test provokes; each is a pattern of its text. */
  static async over(context: BrowserContext, origin: string, expected: readonly RegExp[] = []): Promise<PageWatch> {
    const watch = new PageWatch(expected);
    await context.addInitScript(reportViolations);
    context.on('console', (message) => {
      if (message.type() === 'error') watch.#note(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => watch.#note(`error: ${error.error().stack ?? error.error().message}`));
    context.on('request', (request) => {
      if (isElsewhere(request.url(), origin)) watch.#note(`request elsewhere: ${request.url()}`);
    });
    return watch;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  #note(problem: string): void {
    if (!this.#expected.some((pattern) => pattern.test(problem))) this.#problems.push(problem);
  }
}

function isElsewhere(url: string, origin: string): boolean {
  return !/^(data|blob|about):/.test(url) && new URL(url).origin !== origin;
}

/** Runs in the page, before anything of it. */
const reportViolations = `addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error('content security policy: ' + effectiveDirective + ' ' + blockedURI + ' at ' + sourceFile + ':' + lineNumber));`;
