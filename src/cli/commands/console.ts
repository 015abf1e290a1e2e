import { type CommandSpec, option } from '../command-spec.ts';
import { sentenceView } from '../output/print-view.ts';
import { hasBrowser, openBrowser } from '../sign-in/open-browser.ts';

interface Options {
  readonly print?: boolean;
}

export const command: CommandSpec = {
  name: 'console',
  description:
    'Open the console in a browser, signed in with the rights of your key. The link works once, within a minute.',
  options: [option('--print', 'print the link in place of opening it')],
  examples: [
    ['garrison console', 'in the browser of this machine'],
    ['garrison console --print', 'to open it elsewhere'],
  ],
  run: async (invocation) => {
    const { api } = await invocation.credentials();
    const link = new URL('/console/', api);
    link.hash = `link=${await (await invocation.native()).makeConsoleLink()}`;
    const isPrinted = invocation.opts<Options>().print === true || !hasBrowser(process.env);
    const isOpened = !isPrinted && (await openBrowser(link.href));
    const address = isOpened ? `${link.origin}${link.pathname}` : link.href;
    await invocation.print(sentenceView({ url: address }, isOpened ? `opened ${address}` : address));
  },
};
