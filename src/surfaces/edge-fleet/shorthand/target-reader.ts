/** Says what is wrong and points at it. */
export class TargetSyntaxError extends Error {
  readonly position: number;
  /** What to do about it, in a sentence. */
  readonly advice: string;

  constructor(problem: string, text: string, position: number, length: number, hint?: string) {
    const pointer = `${' '.repeat(position)}${'^'.repeat(Math.max(1, length))}`;
    super(`I cannot read the target: ${problem}\n\n  ${text.replace(/\s/g, ' ')}\n  ${pointer}`);
    this.name = 'TargetSyntaxError';
    this.position = position;
    this.advice =
      hint ??
      'Targets are all, web-1,web-3, web-[1-9], web-*, group:name, cluster:name, or conditions such as os=linux tags=web,prod.';
  }
}

/** A word that needs no quotes: everything but white space and the signs of the grammar. */
export const BARE_WORD = /^[^\s"(),=!&]+$/u;
const BARE_RUN = /[^\s"(),=!&]+/uy;
const NAME_RUN = /[^\s"(),=!&[\]]+/uy;
const RANGE = /\[[^\]\s]*\]?|\]/uy;
const FRAGMENT_START = /[^\s"(),=!&]+=/uy;
const WITHOUT_OR_WITHIN = /,?\s*[!&]/uy;
const QUOTED = /"(?:[^"\\]|\\.)*"/uy;

/** Reads words and signs from left to right and knows where it is. */
export class TargetReader {
  readonly #text: string;
  position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.position >= this.#text.length;
  }

  get isAtSpace(): boolean {
    return /\s/u.test(this.#text.charAt(this.position));
  }

  /** A condition such as `tags=web` begins here. */
  get isAtFragment(): boolean {
    return this.#looksAt(FRAGMENT_START);
  }

  /** A set follows that narrows what was said before. */
  get isAtNarrowing(): boolean {
    return this.#looksAt(WITHOUT_OR_WITHIN);
  }

  isAt(sign: string): boolean {
    return this.#text.startsWith(sign, this.position);
  }

  skipSpace(): void {
    while (!this.isAtEnd && this.isAtSpace) this.position += 1;
  }

  take(sign: string): boolean {
    if (this.#text.charAt(this.position) !== sign) return false;
    this.position += 1;
    return true;
  }

  takeText(text: string): boolean {
    if (!this.isAt(text)) return false;
    this.position += text.length;
    return true;
  }

  /** A comma after which a list goes on. */
  takeListComma(): boolean {
    return !this.isAtNarrowing && this.take(',');
  }

  /** The word, when it stands here as a word of its own; with the space behind it. */
  takeKeyword(word: string): boolean {
    const after = this.#text.charAt(this.position + word.length);
    if (!this.#text.startsWith(word, this.position) || !/^\s?$/u.test(after)) return false;
    this.position += word.length;
    this.skipSpace();
    return true;
  }

  word(what: string): string {
    return this.#match(BARE_RUN) ?? this.#quoted() ?? this.fail(`here should be ${what}`, 1);
  }

  /** The name of a node, which may have ranges with commas in them; in quotes, as it is. */
  name(what: string): { readonly text: string; readonly isQuoted: boolean } {
    const quoted = this.isAt('"') ? this.#quoted() : undefined;
    if (quoted !== undefined) return { text: quoted, isQuoted: true };
    let text = '';
    for (let part = this.#namePart(); part !== undefined; part = this.#namePart()) text += part;
    return text === '' ? this.fail(`here should be ${what}`, 1) : { text, isQuoted: false };
  }

  /** What is left of `name(a,b)` after the opening bracket. */
  restOfCall(): string[] {
    const words: string[] = [];
    this.skipSpace();
    if (this.take(')')) return words;
    do {
      this.skipSpace();
      words.push(this.word('a word'));
      this.skipSpace();
    } while (this.take(','));
    if (!this.take(')')) this.fail('a closing bracket is missing', 1);
    return words;
  }

  fail(problem: string, length: number, hint?: string): never {
    return this.failAt(this.position, problem, length, hint);
  }

  failAt(position: number, problem: string, length: number, hint?: string): never {
    throw new TargetSyntaxError(problem, this.#text, position, length, hint);
  }

  #quoted(): string | undefined {
    const at = this.position;
    const literal = this.#match(QUOTED);
    if (literal === undefined) {
      return this.#text.charAt(at) === '"'
        ? this.fail('the closing quote is missing', this.#text.length - at)
        : undefined;
    }
    try {
      return JSON.parse(literal) as string; // QUOTED matches nothing but string literals
    } catch {
      return this.failAt(at, 'this is not a quoted text as JSON writes it', literal.length);
    }
  }

  #namePart(): string | undefined {
    return this.#match(NAME_RUN) ?? this.#match(RANGE);
  }

  #looksAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.position;
    return pattern.test(this.#text);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.position += found.length;
    return found;
  }
}
