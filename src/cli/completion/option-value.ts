import type { Option } from 'commander';

/** What completes the value of an option. */
export type OptionValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'text' }
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export function optionValue({ flags, argChoices, required, optional }: Option): OptionValue {
  if (!required && !optional) return { kind: 'none' };
  if (argChoices !== undefined) return { kind: 'words', words: argChoices };
  return /<(?:file|dir|path)>/.test(flags) ? { kind: 'files' } : { kind: 'text' };
}

/** `--limit` and `-l`, as far as there are both. */
export function flagsOf({ short, long }: Option): string[] {
  return [short, long].filter((flag) => flag !== undefined);
}
