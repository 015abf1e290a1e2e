/** Search parameters stay as people read them: `?on=tags=web&sort=-seen`, and no JSON. Each screen reads its own from these. */

export type RawSearch = Readonly<Record<string, unknown>>;

export function readSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function writeSearch(search: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== '' && value !== false)
      parameters.set(name, String(value === true ? '1' : value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

export function textIn(raw: RawSearch, name: string): string | undefined {
  const value = raw[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** One of the words that a screen knows; anything else is as if nothing were said. */
export function wordIn<Word extends string>(raw: RawSearch, name: string, words: readonly Word[]): Word | undefined {
  return words.find((word) => word === raw[name]);
}

export function numberIn(raw: RawSearch, name: string): number | undefined {
  const value = Number(raw[name]);
  return raw[name] !== undefined && raw[name] !== '' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function flagIn(raw: RawSearch, name: string): true | undefined {
  return raw[name] === '1' || raw[name] === true ? true : undefined;
}

/** Some of the words that a screen knows, with commas between them; nothing but unknown words is as if nothing were said. */
export function listIn<Word extends string>(
  raw: RawSearch,
  name: string,
  words: readonly Word[],
): readonly Word[] | undefined {
  const value = raw[name];
  const said = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  const known = words.filter((word) => said.includes(word));
  return known.length === 0 ? undefined : known;
}
