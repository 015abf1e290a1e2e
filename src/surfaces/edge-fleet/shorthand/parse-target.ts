import type { WireSelector as Selector } from '../wire/selectors.ts';
import { expandNames, MOST_NAMES } from './expand-names.ts';
import { TargetReader } from './target-reader.ts';
import { isFragmentKey, readFragments } from './target-shorthand.ts';

/**
 * What `--on` says, in the words of the command line:
 *
 *     all                            every node
 *     web-1,web-3   @web-1           nodes, by name or id
 *     web-[1-3,7]   web-[08-12]      ranges, as `--fold` prints them
 *     web-*                          any characters in place of the star
 *     @file:hosts.txt                what the lines of a file say
 *     group:databases                a group, by name or id
 *     cluster:edge-eu                the nodes of a cluster
 *     os=linux tags=web,prod         a selector (`target-shorthand.ts`)
 *
 * Sets are put together from left to right: `a,b` both, `a!b` a without b, `a&b` what is in both. Names may also stand side by
 * side; behind a selector, whose lists have commas of their own, OR stands for the comma. Sets that stand in quotes are names.
 */
export type TargetExpression = readonly TargetStep[];

export interface TargetStep {
  readonly join: 'add' | 'keep' | 'remove';
  readonly set: TargetSet;
}

export type TargetSet =
  | { readonly kind: 'all' }
  /** One name or id, taken as it is. */
  | { readonly kind: 'node'; readonly node: string }
  /** Names, some of which may have a `*` for any characters. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'selector'; readonly selector: Looked<Selector> };

/** What is read is only looked at. */
type Looked<Value> = Value extends object ? { readonly [Name in keyof Value]: Looked<Value[Name]> } : Value;

/** @throws TargetSyntaxError */
export function parseTarget(text: string): TargetExpression {
  const reader = new TargetReader(text);
  reader.skipSpace();
  if (reader.isAtEnd) reader.fail('nothing is selected', 1);
  if (reader.isAt('!') || reader.isAt('&')) reader.fail('a set has to stand before it, as in all!web-1', 1);
  const steps: TargetStep[] = [{ join: 'add', set: readSet(reader) }];
  for (reader.skipSpace(); !reader.isAtEnd; reader.skipSpace()) {
    const at = reader.position;
    const join = readOperator(reader, steps.at(-1));
    const set = readSet(reader);
    if (
      join === 'add' &&
      [...steps.filter((step) => step.join === 'add'), { set }].some((step) => step.set.kind === 'all')
    )
      reader.failAt(at, 'all is every node already', 1, 'all!web-1 leaves one out, all&tags=web keeps some.');
    steps.push({ join, set });
  }
  if (namesIn(steps) > MOST_NAMES) reader.failAt(0, `these are more than ${MOST_NAMES} names`, text.length);
  return steps;
}

/** The lines of a file: names, ranges and wildcards; what follows a `#` is a comment. @throws TargetSyntaxError */
export function parseNames(text: string): readonly TargetSet[] {
  return text.split('\n').flatMap((line) => {
    const said = line.replace(/(^|\s)#.*/, '').trim();
    if (said === '') return [];
    const steps = parseTarget(said);
    const isNames = steps.every(({ join, set }) => join === 'add' && (set.kind === 'node' || set.kind === 'names'));
    if (!isNames) new TargetReader(said).fail('a file holds names, ranges and wildcards', said.length);
    return steps.map(({ set }) => set);
  });
}

function namesIn(steps: TargetExpression): number {
  return steps.reduce((count, { set }) => count + (set.kind === 'names' ? set.names.length : 1), 0);
}

function readOperator(reader: TargetReader, before: TargetStep | undefined): TargetStep['join'] {
  const hasComma = reader.take(',');
  reader.skipSpace();
  const join = reader.take('!') ? 'remove' : reader.take('&') ? 'keep' : 'add';
  const isSaid = join !== 'add' || hasComma || reader.takeKeyword('OR');
  const isSideBySide = before?.set.kind !== 'selector' && !reader.isAtFragment;
  if (!isSaid && !isSideBySide) reader.fail('between two sets stands a comma, OR, ! or &', 1);
  reader.skipSpace();
  if (reader.isAtEnd) reader.fail('a set has to follow', 1);
  return join;
}

function readSet(reader: TargetReader): TargetSet {
  if (reader.isAtFragment) return { kind: 'selector', selector: readFragments(reader) };
  if (reader.takeText('@file:')) return { kind: 'file', path: reader.word('a file after @file:') };
  if (reader.takeText('group:')) return { kind: 'group', group: reader.word('a group after group:') };
  if (reader.takeText('cluster:')) return { kind: 'cluster', cluster: reader.word('a cluster after cluster:') };
  const isMarked = reader.take('@');
  const at = reader.position;
  const name = reader.name(isMarked ? 'a node after @' : 'a node, a group or a selector');
  if (name.isQuoted) return { kind: 'node', node: name.text };
  if (!isMarked && name.text === 'all') return { kind: 'all' };
  if (!isMarked) refuseCondition(reader, name.text, at);
  if (!/[*[\]]/.test(name.text)) return { kind: 'node', node: name.text };
  const names = expandNames(name.text);
  if ('problem' in names) return reader.failAt(at + names.at, names.problem, names.length);
  return { kind: 'names', names };
}

/** `os linux` and `AnyOf(web)` are conditions that were begun in another way, and no nodes. */
function refuseCondition(reader: TargetReader, word: string, at: number): void {
  if (isFragmentKey(word)) reader.fail(`a value has to follow: ${word}=…`, 1);
  if (reader.isAt('('))
    reader.failAt(
      at,
      `what is ${word}(…)?`,
      word.length,
      'Conditions are written tags=AnyOf(a,b) or labels=Exists(k).',
    );
}
