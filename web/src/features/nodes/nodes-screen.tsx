import { useInfiniteQuery } from '@tanstack/react-query';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { type Column, VirtualTable } from '../../parts/virtual-table.tsx';
import { words } from '../../words/words.ts';
import { type Node, nodesQuery } from './queries.ts';

const TONES: Readonly<Record<Node['status'], Tone>> = {
  Connected: 'good',
  Unhealthy: 'warn',
  Disconnected: 'calm',
  Revoked: 'bad',
};

const COLUMNS: readonly Column<Node>[] = [
  { name: 'name', title: words.nodes.columns.name, width: 'minmax(10rem, 2fr)', cell: (node) => node.name },
  {
    name: 'status',
    title: words.nodes.columns.status,
    width: '8rem',
    cell: (node) => <Status tone={TONES[node.status]}>{words.nodes.status[node.status]}</Status>,
  },
  {
    name: 'seen',
    title: words.nodes.columns.seen,
    width: '9rem',
    cell: (node) => <Moment at={node.last_heartbeat_at} />,
  },
];

export function NodesScreen() {
  const query = useInfiniteQuery(nodesQuery);
  useLiveQuery('nodes', nodesQuery.queryKey);
  return (
    <Page title={words.nodes.title}>
      <Loaded query={query}>
        {({ pages }) => {
          const nodes = pages.flatMap((page) => page.items);
          if (nodes.length === 0) return <Empty title={words.nodes.none} hint={words.nodes.noneHint} />;
          return (
            <VirtualTable
              label={words.nodes.title}
              columns={COLUMNS}
              rows={nodes}
              keyOf={(node) => node.node_id}
              total={query.hasNextPage ? undefined : nodes.length}
              loadMore={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            />
          );
        }}
      </Loaded>
    </Page>
  );
}
