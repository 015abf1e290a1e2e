import { useNavigate } from '@tanstack/react-router';
import { useKeys } from '../keys/use-keys.ts';
import { SCREENS, type Screen } from '../screens.ts';
import { words } from '../words/words.ts';

const SCREENS_WITH_KEYS = (Object.values(SCREENS) as Screen[]).flatMap(({ path, nav, key }) =>
  key === undefined ? [] : [{ path, nav, key }],
); // wider than each of them

/** `g` and a letter go to a screen, Escape to the one above. */
export function useGoKeys(): void {
  const navigate = useNavigate();
  useKeys([
    { keys: 'Escape', what: words.keys.out, run: () => void navigate({ to: '..' }) },
    ...SCREENS_WITH_KEYS.map(({ path, nav, key }) => ({
      keys: `g ${key}`,
      what: words.keys.goTo(words.nav[nav]),
      run: () => void navigate({ to: path, search: {} }),
    })),
  ]);
}
