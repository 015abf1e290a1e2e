import { type ReactNode, useEffect } from 'react';
import { words } from '../words/words.ts';
import styles from './page.module.css';

/** The title of the tab, and what a screen reader says first. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = words.layout.tabTitle(title);
  }, [title]);
}

interface PageProps {
  readonly title: string;
  /** The title is something that was run: it stands as code, on two lines at most. */
  readonly isCode?: boolean;
  /** What stands beside the title: a status, an id. */
  readonly beside?: ReactNode;
  /** Buttons at the end of the line. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every screen: one heading, its actions, and the rest. */
export function Page({ title, isCode = false, beside, actions, children }: PageProps) {
  useTitle(title);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1 data-code={isCode} title={isCode ? title : undefined}>
          {title}
        </h1>
        {beside}
        <div className={styles.actions}>{actions}</div>
      </header>
      {children}
    </div>
  );
}
