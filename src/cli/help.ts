import type { Command } from 'commander';

export type Example = readonly [line: string, does: string];

/** Examples teach faster than options: every command has some, each with what it does. */
export function addExamples(command: Command, examples: readonly Example[]): Command {
  const lines = examples.map(([line, does]) => `  # ${does}\n  $ ${line}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const TARGET_HELP = `
Targets (--on), with the whole grammar in docs/operations/targets.md:
  all                           every node
  web-1,web-3   @web-1          nodes, by name or id
  web-[1-3,7]   web-[08-12]     ranges of numbers, as --fold prints them
  web-*                         any characters
  @file:hosts.txt               the names in a file
  group:databases               a group, by name or id
  cluster:edge-eu               the nodes of a cluster
  os=linux tags=web,prod        conditions, all of which hold; each may come more than once
  tools=docker,git              each of these programs is there
  tags=AnyOf(a,b)               also Has(a), AllOf(a,b), NoneOf(a,b); tags=a,b means both
  labels=region=eu              also Exists(gpu), In(region,eu,us)
  'web-*!web-10'                without web-10; a&b what is in both; a,b (or a OR b) both;
                                from left to right, in quotes for the sake of the shell`;

export const EXIT_CODE_HELP = `
Exit codes:
  0 every node succeeded       5 no node was reached: offline, unknown, nothing matches
  1 a command failed           6 halted by the failure policy
  2 the command line is wrong  7 cancelled
  3 not signed in, no right    8 a command ran into its deadline
  4 it is there already        9 fewer nodes than --require-min
                              10 the controller cannot be reached, or was lost`;
