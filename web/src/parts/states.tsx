import { CircleAlert, Lock, RotateCw } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Problem } from '../api/problem.ts';
import { words } from '../words/words.ts';
import styles from './states.module.css';

/** What is there sooner needs no placeholder. */
const SKELETON_AFTER_MS = 150;

export function Loading({ rows = 6 }: { readonly rows?: number }) {
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" className={styles.loading} data-state="loading">
      <span className="hidden-but-read">{words.states.loading}</span>
      {isShown && Array.from({ length: rows }, (_, row) => <div key={row} className={styles.bone} />)}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly hint?: string | undefined;
  readonly children?: ReactNode;
}

export function Empty({ title, hint, children }: EmptyProps) {
  return (
    <div className={styles.empty} data-state="empty">
      <h2>{title}</h2>
      {hint !== undefined && <p>{hint}</p>}
      {children}
    </div>
  );
}

/** What went wrong, with the code and the id that whoever runs the controller can look up. */
export function Failure({ error, retry }: { readonly error: unknown; readonly retry?: (() => void) | undefined }) {
  if (error instanceof Problem && error.isForbidden) return <NoRight problem={error} />;
  return (
    <div role="alert" className={styles.failure} data-state="error">
      <CircleAlert size={18} aria-hidden />
      <div>
        <p className={styles.message}>{error instanceof Error ? error.message : String(error)}</p>
        {error instanceof Problem && (
          <p className={styles.facts}>
            <code>{error.code}</code>
            {error.requestId !== undefined && (
              <>
                {' '}
                {words.states.requestId} <code>{error.requestId}</code>
              </>
            )}
          </p>
        )}
      </div>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          <RotateCw size={14} aria-hidden />
          {words.states.retry}
        </button>
      )}
    </div>
  );
}

function NoRight({ problem }: { readonly problem: Problem }) {
  return (
    <div className={styles.empty} data-state="no-right">
      <Lock size={18} aria-hidden />
      <h2>{words.states.noRight}</h2>
      <p>{problem.scope === undefined ? problem.message : words.states.scopeNeeded(problem.scope)}</p>
      {problem.requestId !== undefined && (
        <p className={styles.facts}>
          {words.states.requestId} <code>{problem.requestId}</code>
        </p>
      )}
    </div>
  );
}

interface Asked<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** A query in whatever state it is. What was there before an error stays, and the error stands above it. */
export function Loaded<Data>({
  query,
  rows,
  children,
}: {
  readonly query: Asked<Data>;
  readonly rows?: number;
  readonly children: (data: Data) => ReactNode;
}) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    return query.error === null ? (
      <Loading {...(rows !== undefined && { rows })} />
    ) : (
      <Failure error={query.error} retry={retry} />
    );
  }
  return (
    <>
      {query.error !== null && <Failure error={query.error} retry={retry} />}
      {children(query.data)}
    </>
  );
}
