import { Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { listenForKeys } from '../keys/use-keys.ts';
import { words } from '../words/words.ts';
import { FeedNotice } from './feed-notice.tsx';
import { useGoKeys } from './go-keys.ts';
import styles from './layout.module.css';
import { Navigation } from './navigation.tsx';
import { TopBar } from './top-bar.tsx';

export function Layout() {
  useEffect(listenForKeys, []);
  useGoKeys();
  return (
    <div className={styles.layout}>
      <a className={styles.skip} href="#main">
        {words.layout.skip}
      </a>
      <Navigation />
      <div className={styles.content}>
        <TopBar />
        <FeedNotice />
        <main id="main" tabIndex={-1} className={styles.main}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
