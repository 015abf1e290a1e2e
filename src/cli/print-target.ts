import type { LabelMatcher, Selector, TagMatcher, Target } from '#client/edge-fleet/wire.ts';
import { BARE_WORD } from './target-reader.ts';
import type { TargetShorthand } from './target-shorthand.ts';

/** The inverse of `parseTarget`. The empty selector, which matches everyone, is written `all`. */
export function printTarget(target: TargetShorthand): string {
  switch (target.kind) {
    case 'all':
      return 'all';
    case 'node':
      return `@${printWord(target.node)}`;
    case 'group':
      return `group:${printWord(target.group)}`;
    case 'selector':
      return printSelector(target.selector) || 'all';
  }
}

/** A target of the wire, for people. */
export function printWireTarget(target: Target): string {
  if ('Node' in target) return printTarget({ kind: 'node', node: target.Node });
  if ('Group' in target) return printTarget({ kind: 'group', group: target.Group });
  if ('Selector' in target) return printTarget({ kind: 'selector', selector: target.Selector });
  return 'all';
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
  return BARE_WORD.test(word) ? word : JSON.stringify(word);
}
