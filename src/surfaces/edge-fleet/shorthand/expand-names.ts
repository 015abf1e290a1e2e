/** More would be a data set, and no order takes more. */
export const MOST_NAMES = 10_000;

/** What is wrong, and where in the text. */
export interface RangeProblem {
  readonly problem: string;
  readonly at: number;
  readonly length: number;
}

/**
 * The names that a pattern with ranges says: `web-[1-3,7]` is `web-1 web-2 web-3 web-7`. Leading zeros are kept
 * (`[08-10]`), `[0-10/5]` goes in steps of five, and several ranges make every combination. The inverse of `foldNames`.
 */
export function expandNames(pattern: string): readonly string[] | RangeProblem {
  let names: string[] = [''];
  for (const part of partsOf(pattern)) {
    const ends = part.isRange ? readRange(part) : [part.text];
    if (!Array.isArray(ends)) return ends;
    if (names.length * ends.length > MOST_NAMES) {
      return { problem: `these are more than ${MOST_NAMES} names`, at: part.at, length: part.text.length };
    }
    names = names.flatMap((name) => ends.map((end) => name + end));
  }
  return [...new Set(names)];
}

interface Part {
  readonly text: string;
  readonly at: number;
  readonly isRange: boolean;
}

function partsOf(pattern: string): Part[] {
  return [...pattern.matchAll(/\[[^[\]]*\]|[^[\]]+|[[\]]/g)].map(({ 0: text, index }) => ({
    text,
    at: index,
    isRange: text.startsWith('[') || text === ']',
  }));
}

const RANGE = /^(\d{1,15})(?:-(\d{1,15})(?:\/(\d{1,9}))?)?$/;

function readRange({ text, at }: Part): string[] | RangeProblem {
  const refuse = (problem: string): RangeProblem => ({ problem, at, length: text.length });
  if (!/^\[.*\]$/.test(text)) return refuse('a bracket is missing: ranges are written [1-3,7]');
  const found: string[] = [];
  for (const item of text.slice(1, -1).split(',')) {
    const [, from, to = from, step = '1'] = RANGE.exec(item) ?? [];
    if (from === undefined || to === undefined) return refuse('a range is of whole numbers: [1-3,7]');
    const [first, last, by] = [Number(from), Number(to), Number(step)];
    if (first > last || by < 1) return refuse('a range goes upwards: [1-3]');
    if ((last - first) / by + found.length >= MOST_NAMES) return refuse(`these are more than ${MOST_NAMES} names`);
    const width = /^0\d/.test(from) ? from.length : 0;
    for (let number = first; number <= last; number += by) found.push(String(number).padStart(width, '0'));
  }
  return found;
}
