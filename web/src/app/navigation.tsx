import { Link } from '@tanstack/react-router';
import { Mark } from '../parts/mark.tsx';
import { SCREENS, type Screen } from '../screens.ts';
import { words } from '../words/words.ts';
import { NAV_ICONS } from './nav-icons.ts';
import styles from './navigation.module.css';
import { useSession } from './session-context.ts';

const ENTRIES = (Object.values(SCREENS) as Screen[]).filter(({ isEntry }) => isEntry === true); // wider than each

export function Navigation() {
  const { installation } = useSession();
  return (
    <nav className={styles.nav} aria-label={words.layout.navigation}>
      <div className={styles.brand}>
        <Mark size={20} />
        <span className={styles.name}>{installation.name}</span>
      </div>
      <ul className={styles.entries}>
        {ENTRIES.map(({ path, nav }) => {
          const Icon = NAV_ICONS[nav];
          return (
            <li key={path}>
              <Link to={path} activeOptions={{ exact: path === '/', includeSearch: false }} className={styles.entry}>
                <Icon size={16} aria-hidden />
                {words.nav[nav]}
              </Link>
            </li>
          );
        })}
      </ul>
      <p className={styles.version}>{words.layout.version(installation.version)}</p>
    </nav>
  );
}
