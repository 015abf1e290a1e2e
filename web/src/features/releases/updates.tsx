import { useInfiniteQuery } from '@tanstack/react-query';
import { Moment } from '../../parts/moment.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatNumber } from '../../words/format.ts';
import { type SelfUpdate, updatesQuery } from './queries.ts';

const words = fleetWords.releases;
const { updateColumns: titles } = words;

const countOf = (count: number | undefined) => (count === undefined ? '–' : formatNumber(count));

const COLUMNS: readonly TableColumn<SelfUpdate>[] = [
  { name: 'at', title: titles.at, cell: ({ inserted_at: at }) => <Moment at={at} /> },
  {
    name: 'status',
    title: titles.status,
    cell: ({ status, summary }) => (
      <Status tone={status !== 'completed' ? 'info' : summary?.failed === 0 ? 'good' : 'warn'}>
        {words.status[status] ?? status}
      </Status>
    ),
  },
  { name: 'total', title: titles.total, isNumber: true, cell: ({ summary }) => countOf(summary?.total) },
  { name: 'triggered', title: titles.triggered, isNumber: true, cell: ({ summary }) => countOf(summary?.triggered) },
  { name: 'failed', title: titles.failed, isNumber: true, cell: ({ summary }) => countOf(summary?.failed) },
  {
    name: 'why',
    title: titles.why,
    isFlexible: true,
    cell: ({ failures: [first] }) => first && `${first.node_name ?? first.node_id ?? ''}: ${first.message}`,
  },
];

/** Orders that brought the daemons of nodes to another release. */
export function Updates() {
  const query = useInfiniteQuery(updatesQuery);
  return (
    <PagedTable
      label={words.updates}
      query={query}
      rowsOf={({ data }) => data}
      columns={COLUMNS}
      keyOf={({ id }) => id}
      empty={<Empty title={words.noUpdates} hint={words.noUpdatesHint} />}
    />
  );
}
