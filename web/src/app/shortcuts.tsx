import { Search } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useKeys } from '../keys/use-keys.ts';
import { words } from '../words/words.ts';
import styles from './shortcuts.module.css';

const Palette = lazy(async () => ({ default: (await import('../features/palette/palette.tsx')).Palette }));
const KeyList = lazy(async () => ({ default: (await import('../features/palette/key-list.tsx')).KeyList }));

/** The palette and the list of keys: from anywhere, by key or by a button. */
export function Shortcuts() {
  const [open, setOpen] = useState<'palette' | 'keys'>();
  const close = () => setOpen(undefined);
  useKeys([
    { keys: '/', what: words.keys.search, run: () => setOpen('palette') },
    { keys: 'Control+k', what: words.keys.search, run: () => setOpen('palette') },
    { keys: '?', what: words.keys.title, run: () => setOpen('keys') },
  ]);
  return (
    <>
      <button type="button" className={styles.search} onClick={() => setOpen('palette')}>
        <Search size={15} aria-hidden />
        {words.keys.search}
        <kbd>/</kbd>
      </button>
      <Suspense>
        {open === 'palette' && <Palette close={close} />}
        {open === 'keys' && <KeyList close={close} />}
      </Suspense>
    </>
  );
}
