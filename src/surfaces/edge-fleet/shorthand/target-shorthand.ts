import { closest, distance } from 'fastest-levenshtein';
import type {
  WireLabelMatcher as LabelMatcher,
  WireSelector as Selector,
  WireTagMatcher as TagMatcher,
} from '../wire/selectors.ts';
import { TargetReader } from './target-reader.ts';

/**
 * Conditions on nodes, all of which hold (an AND between them is read too); each may come more than once:
 *
 *     os=linux arch=x86_64
 *     tools=docker,git               each of these programs is there
 *     tags=web,prod                  both tags; also Has(a) AnyOf(a,b) AllOf(a,b) NoneOf(a,b)
 *     labels=region=eu,tier=1        both labels; also Equals(k,v) Exists(k) In(k,v1,v2)
 *
 * A value with spaces or one of `(),="!&` stands in double quotes, as in JSON.
 * @throws TargetSyntaxError
 */
export function parseSelector(text: string): Selector {
  const reader = new TargetReader(text);
  reader.skipSpace();
  if (reader.isAtEnd) reader.fail('nothing is selected', 1);
  const selector = readFragments(reader);
  if (!reader.isAtEnd) reader.fail('here should be a condition such as tags=web', 1);
  return selector;
}

/** Reads conditions up to the end or to the next set. */
export function readFragments(reader: TargetReader): Selector {
  const found: FragmentValues = { tools: [], tags: [], labels: [] };
  do {
    readFragment(reader, found);
    reader.skipSpace();
    if (reader.takeKeyword('AND') && reader.isAtEnd) reader.fail('something has to follow AND', 1);
  } while (reader.isAtFragment);
  return {
    ...(found.os !== undefined && { os: found.os }),
    ...(found.arch !== undefined && { arch: found.arch }),
    ...(found.tools.length > 0 && { tools: found.tools }),
    ...(found.tags.length > 0 && { tags: found.tags }),
    ...(found.labels.length > 0 && { labels: found.labels }),
  };
}

/** Whether the word says what is selected by, so that a value has to follow it. */
export function isFragmentKey(word: string): boolean {
  return Object.hasOwn(FRAGMENTS, word);
}

interface FragmentValues {
  os?: string;
  arch?: string;
  readonly tools: string[];
  readonly tags: TagMatcher[];
  readonly labels: LabelMatcher[];
}

const FRAGMENTS: Readonly<Record<string, (reader: TargetReader, found: FragmentValues, at: number) => void>> = {
  os(reader, found, at) {
    if (found.os !== undefined) reader.failAt(at, 'os is given twice, and a host has one', 2);
    found.os = reader.word('an operating system, such as os=linux');
  },
  arch(reader, found, at) {
    if (found.arch !== undefined) reader.failAt(at, 'arch is given twice, and a host has one', 4);
    found.arch = reader.word('an architecture, such as arch=x86_64');
  },
  tools(reader, found) {
    do found.tools.push(reader.word('a program, such as tools=docker,git'));
    while (reader.takeListComma());
  },
  tags: readTags,
  labels: readLabels,
};

function readFragment(reader: TargetReader, found: FragmentValues): void {
  const at = reader.position;
  const key = reader.word('a fragment such as tags=web');
  const isNamed = reader.take('=');
  const read = Object.hasOwn(FRAGMENTS, key) ? FRAGMENTS[key] : undefined;
  if (read === undefined) failFragment(reader, key, at, isNamed);
  if (!isNamed) reader.fail(`a value has to follow: ${key}=…`, 1);
  read(reader, found, at);
  if (!reader.isAtEnd && !reader.isAtSpace && !reader.isAtNarrowing)
    reader.fail('a space has to stand between conditions', 1);
}

function failFragment(reader: TargetReader, word: string, at: number, isNamed: boolean): never {
  if (isNamed) {
    const hint = nearest(word, Object.keys(FRAGMENTS));
    return reader.failAt(at, `there is nothing called ${word} to select by`, word.length, hint);
  }
  return reader.failAt(at, `what is ${word}?`, word.length, hintFor(word));
}

/** Names what the word may have meant, and never a form that cannot be read. */
function hintFor(word: string): string {
  if (/[!&*[\],]/.test(word)) return 'A selector has conditions only, such as os=linux tags=web,NoneOf(old).';
  const name = word.replace(/^[^A-Za-z0-9]+/, '') || 'name';
  return `Write tags=${name} for the nodes with that tag.`;
}

/** `a,b` is one condition on both tags; every function is a condition of its own. */
function readTags(reader: TargetReader, found: FragmentValues): void {
  const plain: string[] = [];
  do {
    const at = reader.position;
    const word = reader.word('a tag, such as tags=web');
    if (!reader.take('(')) {
      plain.push(word);
      continue;
    }
    found.tags.push(tagCondition(reader, word, reader.restOfCall(), at));
  } while (reader.takeListComma());
  const [only, ...others] = plain;
  if (only === undefined) return;
  found.tags.push(others.length === 0 ? { Has: only } : { AllOf: plain });
}

function tagCondition(reader: TargetReader, name: string, words: string[], at: number): TagMatcher {
  switch (name) {
    case 'Has': {
      const [tag, ...others] = words;
      if (tag === undefined || others.length > 0) return reader.failAt(at, 'Has takes one tag: Has(web)', name.length);
      return { Has: tag };
    }
    case 'AnyOf':
      return { AnyOf: words };
    case 'AllOf':
      return { AllOf: words };
    case 'NoneOf':
      return { NoneOf: words };
    default:
      return reader.failAt(
        at,
        `tags know no ${name}(…)`,
        name.length,
        nearest(name, ['Has', 'AnyOf', 'AllOf', 'NoneOf']),
      );
  }
}

/** `k=v,j=w` is one condition on both labels; every function is a condition of its own. */
function readLabels(reader: TargetReader, found: FragmentValues): void {
  const plain = new Map<string, string>();
  do {
    const at = reader.position;
    const word = reader.word('a label, such as labels=region=eu');
    if (reader.take('(')) {
      found.labels.push(labelCondition(reader, word, reader.restOfCall(), at));
      continue;
    }
    if (!reader.take('=')) {
      reader.failAt(
        at,
        `the label ${word} has no condition`,
        word.length,
        `Write ${word}=value, or Exists(${word}) for any value.`,
      );
    }
    if (plain.has(word))
      reader.failAt(at, `${word} cannot have two values at once`, word.length, `Write In(${word},…) for either.`);
    plain.set(word, reader.word('a value'));
  } while (reader.takeListComma());
  if (plain.size > 0) found.labels.push({ Equals: Object.fromEntries(plain) });
}

function labelCondition(reader: TargetReader, name: string, words: string[], at: number): LabelMatcher {
  const [key, ...values] = words;
  const [value, ...others] = values;
  switch (name) {
    case 'Exists':
      if (key === undefined || values.length > 0)
        return reader.failAt(at, 'Exists takes one label: Exists(gpu)', name.length);
      return { Exists: key };
    case 'In':
      if (key === undefined) return reader.failAt(at, 'In takes a label and its values: In(region,eu,us)', name.length);
      return { In: Object.fromEntries([[key, values]]) };
    case 'Equals':
      if (key === undefined || value === undefined || others.length > 0) {
        return reader.failAt(at, 'Equals takes a label and its value: Equals(region,eu)', name.length);
      }
      return { Equals: Object.fromEntries([[key, value]]) };
    default:
      return reader.failAt(at, `labels know no ${name}(…)`, name.length, nearest(name, ['Equals', 'Exists', 'In']));
  }
}

function nearest(word: string, known: readonly string[]): string {
  const meant = closest(
    word.toLowerCase(),
    known.map((one) => one.toLowerCase()),
  );
  const at = known.findIndex((one) => one.toLowerCase() === meant);
  return distance(word.toLowerCase(), meant) <= 2 ? `Did you mean ${known[at]}?` : `There are ${known.join(', ')}.`;
}
