import type { TextPattern } from '#core/kernel/text-pattern.ts';

/**
 * Patterns of text fields. `*` stands for any characters, everything else for itself; a pattern is anchored at both ends
 * and its case does not matter. Without a `*` the value is compared as it is. A comma separates alternatives; the value
 * as a whole is one of them, so that a text which holds a comma can be found.
 */
export function readPatterns(value: string): readonly TextPattern[] {
  const alternatives = value.includes(',') ? [value, ...value.split(',')] : [value];
  return alternatives.map((part) => (part.includes('*') ? { like: part } : { exactly: part }));
}
