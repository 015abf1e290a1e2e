/** Collects what comes within one frame and hands it on at once, so that a thousand results draw the page once. */
export function batch<Item>(
  flush: (items: readonly Item[]) => void,
  schedule: (run: () => void) => void,
): (item: Item) => void {
  let waiting: Item[] = [];
  return (item) => {
    waiting.push(item);
    if (waiting.length > 1) return;
    schedule(() => {
      const items = waiting;
      waiting = [];
      flush(items);
    });
  };
}

/** Hidden tabs draw no frames, but still have to come to an end. */
export function onFrame(run: () => void): void {
  if (document.visibilityState === 'visible') requestAnimationFrame(run);
  else setTimeout(run, 100);
}
