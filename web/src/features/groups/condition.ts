import { fleetWords } from '../../words/fleet.ts';
import { formatList } from '../../words/format.ts';
import type { Group } from './queries.ts';

type Selector = Group['selector'];
type TagMatcher = NonNullable<Selector['tags']>[number];
type LabelMatcher = NonNullable<Selector['labels']>[number];

const { conditions } = fleetWords.groups;

/** What a selector asks of a machine, a phrase for each condition. */
export function phrasesOf({ os, arch, tools = [], tags = [], labels = [] }: Selector): string[] {
  return [
    ...(os === undefined ? [] : [conditions.os(os)]),
    ...(arch === undefined ? [] : [conditions.arch(arch)]),
    ...(tools.length === 0 ? [] : [conditions.tools(formatList(tools))]),
    ...tags.map(phraseOfTags),
    ...labels.flatMap(phrasesOfLabel),
  ];
}

function phraseOfTags(matcher: TagMatcher): string {
  if ('Has' in matcher) return conditions.has(matcher.Has);
  if ('AllOf' in matcher) return conditions.all(formatList(matcher.AllOf));
  return 'AnyOf' in matcher ? conditions.any(matcher.AnyOf.join(' or ')) : conditions.none(matcher.NoneOf.join(' or '));
}

function phrasesOfLabel(matcher: LabelMatcher): string[] {
  if ('Exists' in matcher) return [conditions.labelThere(matcher.Exists)];
  if ('Equals' in matcher) return pairsOf(matcher.Equals).map(([key, value]) => conditions.label(key, value));
  return pairsOf(matcher.In).map(([key, values]) => conditions.labelIn(key, values.join(' or ')));
}

/** A map, or one pair as a list of two. */
function pairsOf<Value>(value: Readonly<Record<string, Value>> | readonly [string, Value]): [string, Value][] {
  return isPair(value) ? [[...value]] : Object.entries(value);
}

function isPair<Value>(
  value: Readonly<Record<string, Value>> | readonly [string, Value],
): value is readonly [string, Value] {
  return Array.isArray(value);
}

/** The conditions that the form knows, from what was typed. */
export function selectorOf(fields: {
  readonly os: string | undefined;
  readonly all: readonly string[];
  readonly any: readonly string[];
  readonly none: readonly string[];
  readonly labels: readonly string[];
}): Selector {
  const tags: TagMatcher[] = [
    ...fields.all.map((tag) => ({ Has: tag })),
    ...(fields.any.length === 0 ? [] : [{ AnyOf: fields.any }]),
    ...(fields.none.length === 0 ? [] : [{ NoneOf: fields.none }]),
  ];
  const labels = fields.labels.map((pair) => {
    const [key = '', ...value] = pair.split('=');
    return value.length === 0 ? { Exists: key } : { Equals: { [key]: value.join('=') } };
  });
  return {
    ...(fields.os !== undefined && { os: fields.os }),
    ...(tags.length > 0 && { tags }),
    ...(labels.length > 0 && { labels }),
  };
}
