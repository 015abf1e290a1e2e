import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { Scrollable } from '../../parts/scrollable.tsx';
import { Failure } from '../../parts/states.tsx';
import { workWords } from '../../words/work.ts';
import styles from './dispatch.module.css';
import type { Dispatch } from './queries.ts';
import { type LogEntry, useLog } from './use-log.ts';

const words = workWords.dispatches;
const LINE_PX = 20;
const MOST_PX = 420;

/** The log as it grows. The view stays at the end while it is there, and where it is otherwise. */
export function DispatchLog({ dispatch }: { readonly dispatch: Dispatch }) {
  const { entries, error } = useLog(dispatch.dispatchId);
  const scroll = useRef<HTMLDivElement>(null);
  const [isFollowing, setIsFollowing] = useState(true);
  const virtual = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_PX,
    overscan: 30,
  });
  useEffect(() => {
    if (isFollowing && entries.length > 0) virtual.scrollToIndex(entries.length - 1);
  }, [entries.length, isFollowing, virtual]);
  const onScroll = () => {
    const element = scroll.current;
    if (element !== null) setIsFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < LINE_PX);
  };
  if (error !== null) return <Failure error={error} />;
  if (entries.length === 0) return <p className={styles.quiet}>{words.noLog}</p>;
  return (
    <Scrollable
      ref={scroll}
      className={styles.log}
      label={words.log}
      onScroll={onScroll}
      style={{ height: Math.min(MOST_PX, entries.length * LINE_PX + 16) }}
    >
      <div className={styles.lines} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const entry = entries[index];
          return entry === undefined ? null : <Line key={index} entry={entry} top={start} />;
        })}
      </div>
    </Scrollable>
  );
}

function Line({
  entry: { timestamp, source, level, message },
  top,
}: {
  readonly entry: LogEntry;
  readonly top: number;
}) {
  return (
    <div className={styles.line} data-level={level} style={{ transform: `translateY(${top}px)` }}>
      <time dateTime={timestamp} className={styles.quiet}>
        {new Date(timestamp).toLocaleTimeString()}
      </time>
      <span className={styles.source}>{source}</span>
      <span>{message}</span>
    </div>
  );
}
