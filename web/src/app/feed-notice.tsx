import { useEffect, useState } from 'react';
import { useFeedState } from '../feed/use-feed.ts';
import { Moment } from '../parts/moment.tsx';
import { words } from '../words/words.ts';
import styles from './feed-notice.module.css';

/** A short break is nobody's business. */
const QUIET_MS = 5_000;

/** Says that what is shown may be old, once the feed has been away for a while. */
export function FeedNotice() {
  const state = useFeedState();
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    setIsLong(false);
    if (state.kind !== 'lost') return;
    const timer = setTimeout(() => setIsLong(true), Math.max(0, state.since + QUIET_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [state]);
  if (state.kind !== 'lost' || !isLong) return null;
  return (
    <p role="status" className={styles.notice}>
      {words.feed.lost} <Moment at={new Date(state.since).toISOString()} />
    </p>
  );
}
