/** A text as it is, or with `*` for any run of characters: then anchored and without regard to case. */
export type TextPattern = { readonly exactly: string } | { readonly like: string };

/** The two kinds apart; what is `like` is already written for the database. */
export function splitPatterns(patterns: readonly TextPattern[]): {
  readonly exact: readonly string[];
  readonly like: readonly string[];
} {
  return {
    exact: patterns.flatMap((pattern) => ('exactly' in pattern ? [pattern.exactly] : [])),
    like: patterns.flatMap((pattern) => ('like' in pattern ? [likePattern(pattern.like)] : [])),
  };
}

/** For `like` with the default escape character: `*` matches any run of characters, `%` and `_` are themselves. */
export function likePattern(pattern: string): string {
  return pattern.replace(/[\\%_]/g, '\\$&').replace(/\*+/g, '%');
}
