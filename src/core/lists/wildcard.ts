/**
 * Patterns of text fields. `*` stands for any characters, everything else for itself; a pattern is anchored at both ends
 * and its case does not matter. Without a `*` the value is compared as it is. A comma separates alternatives; the value
 * as a whole is one of them, so that a text which holds a comma can be found.
 */
export interface TextAlternatives {
  readonly exact: readonly string[];
  /** For `like` with the default escape character, to be compared without regard to case. */
  readonly patterns: readonly string[];
}

export function readAlternatives(value: string): TextAlternatives {
  const parts = alternativesOf(value);
  return {
    exact: parts.filter((part) => !part.includes('*')),
    patterns: parts.filter((part) => part.includes('*')).map(toLikePattern),
  };
}

/** As the caller wrote them. */
export function alternativesOf(value: string): readonly string[] {
  return value.includes(',') ? [value, ...value.split(',')] : [value];
}

export function toLikePattern(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replace(/\*+/g, '%');
}
