import { FleetError } from '#core/kernel/fleet-error.ts';
import type { LabelCondition, StoredSelector, TagCondition } from '#core/selectors/selector.ts';
import {
  MAX_CONDITIONS,
  MAX_VALUES_IN_ALL,
  type WireLabelMatcher,
  type WireSelector,
  type WireTagMatcher,
} from './wire/selectors.ts';

/**
 * The selector dialect of seed 003. Two spellings of a label predicate are read, `{"Equals":{"k":"v"}}` and
 * `{"Equals":["k","v"]}`; the first is written. Reading what was written gives the same selector again.
 *
 * @throws FleetError `malformed` for one of more keys and values than a condition on hosts has.
 */
export function readSelector(selector: WireSelector): StoredSelector {
  refuseBeyondBounds(selector);
  const { os, arch, tools, tags, labels } = selector;
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

/** Schemas bound every list and map for itself; their product is what the database would have to look at. */
function refuseBeyondBounds({ tools = [], tags = [], labels = [] }: WireSelector): void {
  const perKey = labels.flatMap((matcher) => Object.values(readPairs<unknown>(pairsOf(matcher))));
  const lists: unknown[] = [tools, ...tags.flatMap((matcher) => Object.values(matcher)), ...perKey];
  const conditions = tags.length + perKey.length;
  const values = lists.flat().length;
  if (conditions <= MAX_CONDITIONS && values <= MAX_VALUES_IN_ALL) return;
  throw new FleetError(
    'malformed',
    `the selector has ${conditions} conditions with ${values} values; at most ${MAX_CONDITIONS} conditions on tags and ` +
      `label keys and ${MAX_VALUES_IN_ALL} values in all are read. Name the hosts in a group instead`,
  );
}

function pairsOf(matcher: WireLabelMatcher): Record<string, unknown> | [string, unknown] {
  if ('Equals' in matcher) return matcher.Equals;
  return 'In' in matcher ? matcher.In : [matcher.Exists, true];
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
