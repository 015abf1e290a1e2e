import type { LabelCondition, StoredSelector, TagCondition } from '#core/selectors/selector.ts';
import type { WireLabelMatcher, WireSelector, WireTagMatcher } from './wire.ts';

/**
 * The selector dialect of seed 003. Two spellings of a label predicate are read, `{"Equals":{"k":"v"}}` and
 * `{"Equals":["k","v"]}`; the first is written. Reading what was written gives the same selector again.
 */
export function readSelector({ os, arch, tools, tags, labels }: WireSelector): StoredSelector {
  return {
    ...(os !== undefined && { os }),
    ...(arch !== undefined && { arch }),
    ...(tools !== undefined && { tools }),
    ...(tags !== undefined && { tags: tags.map(readTagMatcher) }),
    ...(labels !== undefined && { labels: labels.map(readLabelMatcher) }),
  };
}

export function writeSelector({ os, arch, tools, tags, labels }: StoredSelector): WireSelector {
  return {
    ...(os !== undefined && { os }),
    ...(arch !== undefined && { arch }),
    ...(tools !== undefined && { tools: [...tools] }),
    ...(tags !== undefined && { tags: tags.map(writeTagMatcher) }),
    ...(labels !== undefined && { labels: labels.map(writeLabelMatcher) }),
  };
}

function readTagMatcher(matcher: WireTagMatcher): TagCondition {
  if ('Has' in matcher) return { has: matcher.Has };
  if ('AnyOf' in matcher) return { anyOf: matcher.AnyOf };
  if ('AllOf' in matcher) return { allOf: matcher.AllOf };
  return { noneOf: matcher.NoneOf };
}

function writeTagMatcher(condition: TagCondition): WireTagMatcher {
  if ('has' in condition) return { Has: condition.has };
  if ('anyOf' in condition) return { AnyOf: [...condition.anyOf] };
  if ('allOf' in condition) return { AllOf: [...condition.allOf] };
  return { NoneOf: [...condition.noneOf] };
}

function readLabelMatcher(matcher: WireLabelMatcher): LabelCondition {
  if ('Equals' in matcher) return { equals: readPairs(matcher.Equals) };
  if ('Exists' in matcher) return { exists: matcher.Exists };
  return { in: readPairs(matcher.In) };
}

function writeLabelMatcher(condition: LabelCondition): WireLabelMatcher {
  if ('equals' in condition) return { Equals: { ...condition.equals } };
  if ('exists' in condition) return { Exists: condition.exists };
  return { In: Object.fromEntries(Object.entries(condition.in).map(([key, values]) => [key, [...values]])) };
}

function readPairs<Value>(pairs: Record<string, Value> | [string, Value]): Record<string, Value> {
  return Array.isArray(pairs) ? Object.fromEntries([pairs]) : pairs;
}
