import { Option } from 'commander';
import { COMMANDS } from './catalogue.ts';
import type { CommandSpec } from './command-spec.ts';
import { PROGRAM_EXAMPLES, PROGRAM_OPTIONS, SUMMARY } from './program-options.ts';

/** A command and where it is: `['nodes', 'list']`; empty for the program itself. */
export interface PlacedCommand {
  readonly path: readonly string[];
  readonly spec: CommandSpec;
}

/** What the parser adds to every command. */
export const HELP_OPTION = new Option('-h, --help', 'display help for command');

/** The program as data, with everything below it: whatever tells of all commands is made of this. */
export async function wholeProgram(): Promise<CommandSpec> {
  const commands = await Promise.all(
    COMMANDS.map(async ({ summary, load }) => ({ summary, ...(await load()).command })),
  );
  return {
    name: 'garrison',
    description: SUMMARY,
    options: [new Option('-V, --version', 'which version this is'), ...PROGRAM_OPTIONS],
    examples: PROGRAM_EXAMPLES,
    commands,
  };
}

/** The command and everything below it, each before its children. */
export function placed(spec: CommandSpec, path: readonly string[] = []): PlacedCommand[] {
  const below = (spec.commands ?? []).flatMap((child) => placed(child, [...path, child.name]));
  return [{ path, spec }, ...below];
}

/** The line of a command in a list. */
export function summaryOf({ summary, description }: CommandSpec): string {
  return summary ?? description;
}
