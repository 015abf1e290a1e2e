import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Loaded } from '../../parts/states.tsx';
import { formatDuration } from '../../words/format.ts';
import { runWords } from '../../words/runs.ts';
import styles from './group-hosts.module.css';
import { type GroupHost, groupHostsQuery } from './queries.ts';

interface GroupHostsProps {
  readonly run: string;
  readonly digest: string;
  readonly count: number;
  readonly isExact: boolean;
}

const ROW_PX = 28;

/** The hosts of one group, by page, in a list of its own. */
export function GroupHosts({ run, digest, count, isExact }: GroupHostsProps) {
  const options = groupHostsQuery(run, digest, isExact);
  const query = useInfiniteQuery(options);
  useLiveQuery(`run:${run}`, options.queryKey);
  return (
    <div className={styles.hosts}>
      <Loaded query={query} rows={3}>
        {({ pages }) => (
          <HostRows
            hosts={pages.flatMap(({ items }) => items)}
            count={count}
            loadMore={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
          />
        )}
      </Loaded>
    </div>
  );
}

interface HostRowsProps {
  readonly hosts: readonly GroupHost[];
  readonly count: number;
  readonly loadMore: (() => void) | undefined;
}

function HostRows({ hosts, count, loadMore }: HostRowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: hosts.length,
    estimateSize: () => ROW_PX,
    overscan: 8,
    getScrollElement: () => scroller.current,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= hosts.length - 10) loadMore?.();
  }, [last, hosts.length, loadMore]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled has to be reached by keyboard
    <section ref={scroller} className={styles.scroller} tabIndex={0} aria-label={runWords.run.hosts(count)}>
      <ul style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const host = hosts[index];
          return host === undefined ? null : (
            <li
              key={host.nodeId}
              aria-setsize={count}
              aria-posinset={index + 1}
              className={styles.host}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Link to="/executions/$execution" params={{ execution: host.executionId }}>
                {host.name}
              </Link>
              <span>{host.durationMs === null ? '' : formatDuration(host.durationMs)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
