import type { LabelMatcher, Selector, TagMatcher, Target } from '#client/edge-fleet/wire.ts';
import type { TargetExpression, TargetSet, TargetStep } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { BARE_WORD } from '#surfaces/edge-fleet/shorthand/target-reader.ts';
import { isFragmentKey } from '#surfaces/edge-fleet/shorthand/target-shorthand.ts';
import { foldNames } from './output/fold-names.ts';

/** The inverse of `parseTarget`. The empty selector, which matches everyone, is written `all`. */
export function printTarget(steps: TargetExpression): string {
  return steps.reduce(
    (before, step, at) => before + (at === 0 ? '' : printOperator(step, steps[at - 1])) + printSet(step.set),
    '',
  );
}

/** Around a selector, whose lists have commas of their own, with words and spaces. */
function printOperator({ join, set }: TargetStep, before: TargetStep | undefined): string {
  const isTight = set.kind !== 'selector' && before?.set.kind !== 'selector';
  const sign = { add: isTight ? ',' : 'OR', keep: '&', remove: '!' }[join];
  return isTight ? sign : ` ${sign} `;
}

function printSet(set: TargetSet): string {
  switch (set.kind) {
    case 'all':
      return 'all';
    case 'node':
      return `@${printWord(set.node)}`;
    case 'names':
      return printNames(set.names);
    case 'file':
      return `@file:${printWord(set.path)}`;
    case 'group':
      return `group:${printWord(set.group)}`;
    case 'cluster':
      return `cluster:${printWord(set.cluster)}`;
    case 'selector':
      return printSelector(set.selector) || 'all';
  }
}

/** Names that need no mark are folded; the others stand each by itself. */
function printNames(names: readonly string[]): string {
  const plain = names.filter(isPlainName);
  const others = names.filter((name) => !isPlainName(name));
  return [
    ...(plain.length > 0 ? foldNames(plain).split(' ') : []),
    ...others.map((name) => `@${printWord(name)}`),
  ].join(',');
}

function isPlainName(name: string): boolean {
  if (!BARE_WORD.test(name) || /[[\]]|^@|^(group|cluster):/.test(name)) return false;
  return name !== 'all' && name !== 'OR' && !isFragmentKey(name);
}

/** A target of the wire, for people. */
export function printWireTarget(target: Target): string {
  if ('Targeting' in target) return `targeting ${JSON.stringify(target.Targeting)}`;
  return printTarget(readWireTarget(target));
}

function readWireTarget(target: Exclude<Target, { readonly Targeting: unknown }>): TargetExpression {
  if (!('Steps' in target)) return [{ join: 'add', set: readWireSet(target) }];
  return target.Steps.map((step): TargetStep => {
    if ('Add' in step) return { join: 'add', set: readWireSet(step.Add) };
    if ('Keep' in step) return { join: 'keep', set: readWireSet(step.Keep) };
    return { join: 'remove', set: readWireSet(step.Remove) };
  });
}

function readWireSet(
  target: Exclude<Target, { readonly Steps: unknown } | { readonly Targeting: unknown }>,
): TargetSet {
  if ('Node' in target) return { kind: 'node', node: target.Node };
  if ('Group' in target) return { kind: 'group', group: target.Group };
  if ('Selector' in target) return { kind: 'selector', selector: target.Selector };
  if ('Hosts' in target) return { kind: 'names', names: target.Hosts };
  if ('Cluster' in target) return { kind: 'cluster', cluster: target.Cluster };
  return { kind: 'all' };
}

export function printSelector({ os, arch, tools = [], tags = [], labels = [] }: Selector): string {
  return [
    ...(os === undefined ? [] : [`os=${printWord(os)}`]),
    ...(arch === undefined ? [] : [`arch=${printWord(arch)}`]),
    ...(tools.length === 0 ? [] : [`tools=${tools.map(printWord).join(',')}`]),
    ...tags.map((matcher) => `tags=${printTags(matcher)}`),
    ...labels.flatMap(printLabels).map((fragment) => `labels=${fragment}`),
  ].join(' ');
}

function printTags(matcher: TagMatcher): string {
  if ('Has' in matcher) return printWord(matcher.Has);
  if ('AnyOf' in matcher) return printCall('AnyOf', matcher.AnyOf);
  if ('AllOf' in matcher) return printCall('AllOf', matcher.AllOf);
  return printCall('NoneOf', matcher.NoneOf);
}

function printLabels(matcher: LabelMatcher): string[] {
  if ('Exists' in matcher) return [printCall('Exists', [matcher.Exists])];
  if ('In' in matcher) return Object.entries(matcher.In).map(([key, values]) => printCall('In', [key, ...values]));
  const pairs = Object.entries(matcher.Equals);
  return pairs.length === 0 ? [] : [pairs.map(([key, value]) => `${printWord(key)}=${printWord(value)}`).join(',')];
}

function printCall(name: string, words: readonly string[]): string {
  return `${name}(${words.map(printWord).join(',')})`;
}

function printWord(word: string): string {
  return BARE_WORD.test(word) && !/[*[\]]/.test(word) ? word : JSON.stringify(word);
}
