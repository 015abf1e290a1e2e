import { Argument, type Command, Option } from 'commander';
import { addExamples, type Example } from './help.ts';
import { act, type Invocation } from './invocation.ts';
import type { Terminal } from './terminal.ts';

/** A command, with everything below it, as data: the help, the completion, the manual and the reference are made of it. */
export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Its line in the help of what is above it; the description when absent. */
  readonly summary?: string;
  readonly description: string;
  readonly arguments?: readonly Argument[];
  readonly options?: readonly Option[];
  /** Hands over what it does not know. */
  readonly takesUnknownOptions?: boolean;
  /** Stands before the examples. */
  readonly help?: string;
  /** May be written with how the command is called where it is, for those that are in two places. */
  readonly examples: readonly Example[] | ((call: string) => readonly Example[]);
  readonly helpAfterExamples?: string;
  readonly commands?: readonly CommandSpec[];
  /** Gets the operands of the command line after the invocation. */
  readonly run?: (invocation: Invocation, ...operands: never[]) => Promise<void>;
}

type Reader = (text: string, before: never) => unknown;

export function argument(flags: string, description = '', read?: Reader): Argument {
  const made = new Argument(flags, description);
  return read === undefined ? made : made.argParser(read as (text: string, before: unknown) => unknown); // of its own values
}

/** `reader` reads the text; a text instead is the default. */
export function option(flags: string, description: string, reader?: Reader | string, initial?: unknown): Option {
  const made = new Option(flags, description);
  if (reader === undefined) return made;
  if (typeof reader === 'string') return made.default(reader);
  if (initial !== undefined) made.default(initial);
  return made.argParser(reader as (text: string, before: unknown) => unknown); // of its own values
}

export function requiredOption(flags: string, description: string, reader?: Reader): Option {
  return option(flags, description, reader).makeOptionMandatory();
}

/** Adds the command, with everything below it, to `parent`. */
export function mount(parent: Command, spec: CommandSpec, terminal: Terminal): Command {
  const command = parent.command(spec.name).description(spec.description);
  command.aliases([...(spec.aliases ?? [])]).allowUnknownOption(spec.takesUnknownOptions ?? false);
  if (spec.summary !== undefined) command.summary(spec.summary);
  for (const one of spec.arguments ?? []) command.addArgument(one);
  for (const one of spec.options ?? []) command.addOption(one);
  for (const one of spec.commands ?? []) mount(command, one, terminal);
  if (spec.run !== undefined) command.action(act(terminal, spec.run as Parameters<typeof act<unknown[]>>[1])); // as its arguments read them
  if (spec.help !== undefined) command.addHelpText('after', spec.help);
  addExamples(command, examplesOf(spec, callOf(command)));
  if (spec.helpAfterExamples !== undefined) command.addHelpText('after', spec.helpAfterExamples);
  return command;
}

export function examplesOf({ examples }: CommandSpec, call: string): readonly Example[] {
  return typeof examples === 'function' ? examples(call) : examples;
}

/** `garrison edge fleet show` */
function callOf(command: Command): string {
  return command.parent === null ? command.name() : `${callOf(command.parent)} ${command.name()}`;
}
