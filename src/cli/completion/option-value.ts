import type { Argument, Option } from 'commander';
import type { CommandSpec } from '../command-spec.ts';

/** What completes the value of an option. */
export type OptionValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'text' }
  | { readonly kind: 'files' }
  /** Names that the controller knows: of machines, and beside them what else `--on` takes. */
  | { readonly kind: 'nodes' | 'targets' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export function optionValue({ flags, argChoices, required, optional }: Option): OptionValue {
  if (!required && !optional) return { kind: 'none' };
  if (argChoices !== undefined) return { kind: 'words', words: argChoices };
  if (/<target>/.test(flags)) return { kind: 'targets' };
  if (/<(?:node|host)>/.test(flags)) return { kind: 'nodes' };
  return /<(?:file|dir|path)>/.test(flags) ? { kind: 'files' } : { kind: 'text' };
}

/** Whether the first operand of a command is a machine. */
export function takesNode({ arguments: [first] = [] }: CommandSpec): boolean {
  return first !== undefined && NODE_ARGUMENTS.has(first.name());
}

const NODE_ARGUMENTS: ReadonlySet<ReturnType<Argument['name']>> = new Set(['node', 'host']);

/** `--limit` and `-l`, as far as there are both. */
export function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}
