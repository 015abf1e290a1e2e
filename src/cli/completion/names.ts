/**
 * Names that fit what has been typed so far, for the completion of a shell: asked of the controller, a few hundred at most, and
 * nothing where it does not answer within two seconds. Of a target only the part behind the last `,`, `!` or `&` is completed.
 */
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';

/** More would be no help to anybody. */
const MOST_NAMES = 200;
/** A shell waits for it with a person before it. */
export const PATIENCE_MS = 2_000;

/** A name with anything else in it would be taken apart by the shell. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

export async function nodeNames(fleet: Pick<EdgeFleetClient, 'hosts'>, typed: string): Promise<string[]> {
  if (typed !== '' && !PLAIN.test(typed)) return [];
  const names: string[] = [];
  for await (const { name } of fleet.hosts(typed === '' ? {} : { names: [`${typed}*`] })) {
    if (PLAIN.test(name)) names.push(name);
    if (names.length === MOST_NAMES) break;
  }
  return names;
}

export async function targetWords(fleet: Pick<EdgeFleetClient, 'hosts' | 'groups'>, typed: string): Promise<string[]> {
  const [, before = '', last = ''] = /^(.*[,!&])?(.*)$/s.exec(typed) ?? [];
  const groups = (await fleet.groups()).filter(({ name }) => PLAIN.test(name)).map(({ name }) => `group:${name}`);
  const others = ['all', ...groups].filter((word) => word.startsWith(last));
  return [...others, ...(await nodeNames(fleet, last))].map((word) => before + word);
}
