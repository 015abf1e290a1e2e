import { useMutation, useQueryClient } from '@tanstack/react-query';
import { LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { words } from '../words/words.ts';
import { SESSION, signOut } from './session.ts';
import { useSession } from './session-context.ts';
import { Shortcuts } from './shortcuts.tsx';
import { type Theme, useTheme } from './theme.ts';
import styles from './top-bar.module.css';

export function TopBar() {
  const { principal, tenant } = useSession();
  return (
    <header className={styles.bar}>
      <Shortcuts />
      <div className={styles.end}>
        <ThemeButton />
        <span className={styles.who} title={tenant ?? undefined}>
          {principal.name ?? words.layout.nameless[principal.kind] ?? principal.kind}
        </span>
        <SignOutButton />
      </div>
    </header>
  );
}

const NEXT_THEME: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon };

function ThemeButton() {
  const [theme, setTheme] = useTheme();
  const Icon = THEME_ICONS[theme];
  return (
    <button
      type="button"
      className="quiet icon"
      title={words.layout.theme[theme]}
      aria-label={words.layout.theme[theme]}
      onClick={() => setTheme(NEXT_THEME[theme])}
    >
      <Icon size={16} aria-hidden />
    </button>
  );
}

function SignOutButton() {
  const queries = useQueryClient();
  const { mutate, isPending } = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION[0] });
      await queries.resetQueries({ queryKey: SESSION });
    },
  });
  return (
    <button type="button" className="quiet" disabled={isPending} onClick={() => mutate()}>
      <LogOut size={16} aria-hidden />
      {words.layout.signOut}
    </button>
  );
}
