import { type CmdRunArgs, readCommandLine } from './cmd-run.ts';
import type { ScriptRunArgs } from './script-run.ts';

/** What an order runs, as a person would write it: for reading, never for running. */
export function commandText(tool: string, args: Readonly<Record<string, unknown>>): string {
  switch (tool) {
    case 'cmd.run':
      return readCommandLine(args as CmdRunArgs)
        .map(quote)
        .join(' '); // the schema of the tool has read them
    case 'script.run':
      return (args as unknown as ScriptRunArgs).script; // likewise
    default:
      return [tool, ...Object.entries(args).map(([name, value]) => `${name}=${wordOf(value)}`)].join(' ');
  }
}

const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

/** As a POSIX shell would have it. */
function quote(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function wordOf(value: unknown): string {
  return quote(typeof value === 'string' ? value : JSON.stringify(value));
}
