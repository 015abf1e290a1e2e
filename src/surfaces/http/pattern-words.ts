/**
 * What a pattern asks for, in words: JSON Schema has no place for them, and nobody should have to read a regular
 * expression to mend a request. A guard (`test/guards/pattern-words.test.ts`) holds every pattern of a request against
 * having words.
 */
const WORDS = new Map<string, string>();

/** The pattern, for a schema; `words` go on after "must be": `a DNS label`. */
export function pattern(source: string, words: string): string {
  WORDS.set(source, words);
  return source;
}

export function wordsOf(source: string): string | undefined {
  return WORDS.get(source);
}
