import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useFeed } from '../../feed/use-feed.ts';

const READ_AGAIN_MS = 2_000;

/**
 * Keeps the list true. By name it can be read again at any time, since rows stay where they are; in another order they would
 * move below the pointer, so the changes are counted and shown when somebody asks.
 */
export function useNodeChanges(isSteady: boolean): { readonly count: number; readonly show: () => void } {
  const queries = useQueryClient();
  const [count, setCount] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = () => {
    setCount(0);
    void queries.invalidateQueries({ queryKey: ['nodes', 'list'] });
  };
  useFeed('nodes', (events) => {
    if (!isSteady) return setCount((before) => before + events.length);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      show();
    }, READ_AGAIN_MS);
  });
  return { count: isSteady ? 0 : count, show };
}
