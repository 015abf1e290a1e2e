import { Link } from '@tanstack/react-router';
import { Mark } from '../parts/mark.tsx';
import { NAV_SECTIONS, type NavName, SCREENS, type Screen, type SectionName } from '../screens.ts';
import { words } from '../words/words.ts';
import { NAV_ICONS } from './nav-icons.ts';
import styles from './navigation.module.css';
import { useSession } from './session-context.ts';

const ENTRIES = (Object.values(SCREENS) as Screen[]).filter(({ isEntry }) => isEntry === true); // wider than each
const SECTIONS = (Object.keys(NAV_SECTIONS) as SectionName[]) // they are its keys
  .map((section) => ({ section, entries: entriesOf(NAV_SECTIONS[section]) }))
  .filter(({ entries }) => entries.length > 0);

export function Navigation() {
  const { installation } = useSession();
  return (
    <nav className={styles.nav} aria-label={words.layout.navigation}>
      <div className={styles.brand}>
        <Mark size={20} />
        <span className={styles.name}>{installation.name}</span>
      </div>
      <Entries entries={entriesOf(['overview'])} />
      {SECTIONS.map(({ section, entries }) => (
        <div key={section} className={styles.section}>
          <h2 id={`section-${section}`} className={styles.heading}>
            {words.sections[section]}
          </h2>
          <Entries entries={entries} labelledBy={`section-${section}`} />
        </div>
      ))}
      <p className={styles.version}>{words.layout.version(installation.version)}</p>
    </nav>
  );
}

function Entries({ entries, labelledBy }: { readonly entries: readonly Screen[]; readonly labelledBy?: string }) {
  return (
    <ul className={styles.entries} aria-labelledby={labelledBy}>
      {entries.map(({ path, nav }) => {
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
  );
}

function entriesOf(names: readonly NavName[]): Screen[] {
  return names.flatMap((name) => ENTRIES.filter(({ nav }) => nav === name));
}
