import { closed, count, type McpTool, shaped, text } from '../tool.ts';

interface ListedEvent {
  readonly type: string;
  readonly subject: string;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Where a type comes more often, one line stands for all. */
const MOST_OF_ONE_TYPE = 10;
const SUCH_AS = 3;

export const eventTools: readonly McpTool[] = [
  {
    name: 'events_find',
    description:
      'What has happened, oldest first: counts by type, then the events; many of one type are folded into one line.',
    effect: 'read',
    needs: ['native.listEvents'],
    input: closed({
      type: text('Types behind commas: run.*,node.status_changed.', 1_024),
      about: text('Only of this node or run, by id.'),
      since: text('Instant; default: an hour ago.', 64),
      limit: count('Default 100.', 200),
      cursor: text('`next` of the page before.', 1_024),
    }),
    run: async ({ call }, { limit = 100, ...query }) =>
      shaped(
        await call('native.listEvents', { query: { limit, ...query } }),
        ({ items, next_cursor }: { items: ListedEvent[]; next_cursor: string | null }) => ({
          facts: { ...folded(items), next: next_cursor },
        }),
      ),
  },
];

function folded(items: readonly ListedEvent[]) {
  const byType = Object.entries(Object.groupBy(items, ({ type }) => type)).flatMap(([type, some]) =>
    some === undefined ? [] : [{ type, some }],
  );
  return {
    counts: Object.fromEntries(byType.map(({ type, some }) => [type, some.length])),
    folded: byType.flatMap(({ type, some }) => (some.length > MOST_OF_ONE_TYPE ? [lineOf(type, some)] : [])),
    events: byType
      .flatMap(({ some }) => (some.length > MOST_OF_ONE_TYPE ? [] : some))
      .sort((left, right) => left.at.localeCompare(right.at)),
  };
}

function lineOf(type: string, some: readonly ListedEvent[]) {
  const subjects = [...new Set(some.map(({ subject }) => subject))];
  return {
    type,
    count: some.length,
    first: some[0]?.at,
    last: some.at(-1)?.at,
    subjects: subjects.length,
    such_as: subjects.slice(0, SUCH_AS),
  };
}
