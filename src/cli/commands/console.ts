import { type CommandSpec, option } from '../command-spec.ts';
import { sentenceView } from '../output/print-view.ts';
import { hasBrowser, openBrowser } from '../sign-in/open-browser.ts';

export const command: CommandSpec = {
  name: 'console',
  description: 'Open the console in a browser, signed in. The link works once and for a minute.',
  options: [option('--print', 'print the link, and open nothing')],
  examples: [
    ['garrison console', 'what people would rather look at than read'],
    ['garrison console --print', 'for a browser on another machine'],
  ],
  run: async (invocation) => {
    const { print = false } = invocation.opts<{ print?: boolean }>();
    const made = await (await invocation.native()).createConsoleLink();
    const { api } = await invocation.credentials();
    const url = `${api}/console/${new URL(made.url).hash}`; // where this command line reaches the controller, a browser beside it does
    const isOpen = !print && hasBrowser(invocation.terminal.env) && (await openBrowser(url));
    await invocation.print(sentenceView({ url, expires_at: made.expires_at }, isOpen ? 'your browser opens it' : url));
    if (!isOpen) invocation.note('It works once, and for a minute.');
  },
};
