import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { Selector } from '#client/edge-fleet/wire.ts';
import { resolveNodeId } from '../../../resolve-target.ts';
import { parseSelector } from '../../../target-shorthand.ts';

/** A selector in fragments; `everyone` is the empty one. */
export function readSelector(fragments: readonly string[]): Selector {
  const text = fragments.join(' ').trim();
  return text === 'everyone' ? {} : parseSelector(text);
}

export function resolveNodeIds(client: EdgeFleetClient, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => resolveNodeId(client, name)));
}
