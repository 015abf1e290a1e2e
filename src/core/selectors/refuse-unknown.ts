import { findMissingClusters } from '../clusters/store.ts';
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { TextPattern } from '../kernel/text-pattern.ts';
import { readMissing, readMissingNames } from '../nodes/store.ts';
import type { Selector } from './selector.ts';
import type { Target } from './target.ts';

const MOST_SHOWN = 10;

/**
 * Refuses a target that names what there is not: whoever mistypes one host of twenty is told before anything runs on the
 * others. Patterns may match nothing, and so may what is left out.
 * @throws FleetError `not_found`, with the names.
 */
export async function refuseUnknown(db: Queryable, ctx: Context, target: Target): Promise<void> {
  if (target.kind !== 'selector') return;
  const named = [...namedBy(target.selector)];
  const ids = named.flatMap((one) => one.ids ?? []);
  const names = named.flatMap((one) => exactly(one.names));
  const clusters = named.flatMap((one) => (one.clusters ?? []).flatMap((cluster) => exactly(cluster.names)));
  const hosts = [
    ...(names.length > 0 ? await readMissingNames(db, ctx, names) : []),
    ...(ids.length > 0 ? await readMissing(db, ctx, ids) : []),
  ];
  if (hosts.length > 0) throw unknown('host', hosts);
  const missing = clusters.length > 0 ? await findMissingClusters(db, ctx, clusters) : [];
  if (missing.length > 0) throw unknown('cluster', missing);
}

/** The selector and what it adds or keeps. */
function* namedBy(selector: Selector): Generator<Selector, void> {
  yield selector;
  for (const step of selector.steps ?? []) if (step.join !== 'remove') yield* namedBy(step.selector);
}

function exactly(patterns: readonly TextPattern[] = []): readonly string[] {
  return patterns.flatMap((pattern) => ('exactly' in pattern ? [pattern.exactly] : []));
}

function unknown(what: string, names: readonly string[]): FleetError {
  const more = names.length > MOST_SHOWN ? ` and ${names.length - MOST_SHOWN} more` : '';
  return new FleetError('not_found', `there is no ${what} called ${names.slice(0, MOST_SHOWN).join(', ')}${more}`);
}
