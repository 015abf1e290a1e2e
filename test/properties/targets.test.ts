import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveTarget } from '#cli/resolve-target.ts';
import type { EdgeFleetClient } from '#client/edge-fleet/edge-fleet-client.ts';
import type { NodeId } from '#core/kernel/ids.ts';
import { readTarget } from '#surfaces/edge-fleet/mapping/targets.ts';
import { parseTarget } from '#surfaces/edge-fleet/shorthand/parse-target.ts';
import { matchesSelector, type SelectableNode } from '#test/support/matches-selector.ts';

/** The fleet: what each node is called, its tag, its cluster. */
const FLEET = ['web-1', 'web-2', 'web-08', 'web-09', 'web-10', 'db-1', 'db-2', 'mail'].map((name, at) => ({
  name,
  tag: name.startsWith('web') ? 'front' : 'back',
  cluster: at % 2 === 0 ? 'even' : 'odd',
}));
type Member = (typeof FLEET)[number];

interface Said {
  readonly text: string;
  /** What the text means, said without any parser. */
  readonly means: (node: Member) => boolean;
}

const oneOf =
  (...names: string[]) =>
  (node: Member) =>
    names.includes(node.name);
const set: fc.Arbitrary<Said> = fc.constantFrom<Said>(
  { text: 'web-1', means: oneOf('web-1') },
  { text: '@db-1', means: oneOf('db-1') },
  { text: '"mail"', means: oneOf('mail') },
  { text: 'web-[1-2]', means: oneOf('web-1', 'web-2') },
  { text: 'web-[08-10]', means: oneOf('web-08', 'web-09', 'web-10') },
  { text: 'db-[1-2],mail', means: oneOf('db-1', 'db-2', 'mail') },
  { text: 'web-*', means: ({ name }) => name.startsWith('web-') },
  { text: '*1*', means: ({ name }) => name.includes('1') },
  { text: 'cluster:even', means: ({ cluster }) => cluster === 'even' },
  { text: 'cluster:*d', means: ({ cluster }) => cluster === 'odd' },
  { text: 'tags=front', means: ({ tag }) => tag === 'front' },
  { text: 'tags=AnyOf(back,side) os=linux', means: ({ tag }) => tag === 'back' },
);
type Join = 'OR' | '&' | '!';
const steps = fc.tuple(set, fc.array(fc.tuple(fc.constantFrom<Join>('OR', '&', '!'), set), { maxLength: 5 }));

/** From left to right. A list of names is several sets, each of which the sign before the list does not reach. */
function membersOf([first, others]: readonly [Said, readonly (readonly [Join, Said])[]]): string[] {
  const isIn = (node: Member) =>
    others.reduce((before, [join, said]) => {
      if (join === 'OR') return before || said.means(node);
      const [head = said, ...tail] = said.text.includes(',') && !said.text.includes('(') ? listOf(said) : [said];
      const joined = join === '&' ? before && head.means(node) : before && !head.means(node);
      return joined || tail.some((one) => one.means(node));
    }, first.means(node));
  return FLEET.filter(isIn).map(({ name }) => name);
}

function listOf({ text }: Said): Said[] {
  return text === 'db-[1-2],mail'
    ? [
        { text: 'db-[1-2]', means: oneOf('db-1', 'db-2') },
        { text: 'mail', means: oneOf('mail') },
      ]
    : [];
}

const noClient = { hosts: () => FLEET.map(({ name }) => ({ name, node_id: idOf(name), status: 'Connected' })) };

test('what is written after --on means what it says, from the text to the nodes', async () => {
  let divided = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (said) => {
      const text = said[1].reduce((before, [join, { text }]) => `${before} ${join} ${text}`, said[0].text);
      const wire = await resolveTarget(noClient as unknown as EdgeFleetClient, parseTarget(text));
      const met = FLEET.filter((node) => isMeant(wire, node)).map(({ name }) => name);
      expect([text, met]).toEqual([text, membersOf(said)]);
      if (met.length > 0 && met.length < FLEET.length) divided += 1;
    }),
    { numRuns: 600 },
  );
  expect(divided).toBeGreaterThan(200);
});

function isMeant(wire: Awaited<ReturnType<typeof resolveTarget>>, member: Member): boolean {
  const target = readTarget(structuredClone(wire) as Parameters<typeof readTarget>[0]);
  if (target.kind === 'node') return target.nodeId === selectable(member).id;
  if (target.kind !== 'selector') return target.kind === 'all';
  return matchesSelector(target.selector, selectable(member), { now: new Date(), staleAfterMs: 1, groups: new Map() });
}

function selectable({ name, tag, cluster }: Member): SelectableNode {
  const id = idOf(name).slice(2) as NodeId;
  return { id, name, tags: [tag], os: 'linux', cluster: { name: cluster } } as unknown as SelectableNode; // what is asked for
}

function idOf(name: string): string {
  return `n-0190a5c0-0000-7000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(0, 12)}`;
}
