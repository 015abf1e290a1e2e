import type { Command } from 'commander';

export type Example = readonly [line: string, does: string];

/** Examples teach faster than options: every command has some, each with what it does. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([line, does]) => `  # ${does}\n  $ ${line}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const TARGET_HELP = `
Targets (--on):
  all                           every node
  @web-1, @n-0199…              one node, by name or id
  group:databases               a group, by name or id
  os=linux tags=web,prod        fragments, all of which hold; each may come more than once
  tools=docker,git              each of these programs is there
  tags=AnyOf(a,b)               also Has(a), AllOf(a,b), NoneOf(a,b); tags=a,b means both
  labels=region=eu              also Exists(gpu), In(region,eu,us)`;

export const EXIT_CODE_HELP = `
Exit codes:
  0 every node succeeded      5 node offline or unknown, nothing matches
  1 a command failed          6 halted by the failure policy
  2 the command line is wrong 7 cancelled
  3 not signed in, no right   8 a command ran into its deadline
                              9 fewer nodes than --require-min`;
