import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Loaded } from '../../parts/states.tsx';
import { formatNumber } from '../../words/format.ts';
import { workWords } from '../../words/work.ts';
import styles from './dispatch.module.css';
import { DispatchStatus } from './dispatch-status.tsx';
import { costOf, tokensOf, tookOf } from './figures.ts';
import { Verdict } from './judgement.tsx';
import { artifactsQuery, attemptsQuery, type DispatchSummary, isOver, patchQuery } from './queries.ts';

const words = workWords.dispatches;

/** Attempts beside each other: how each ended, what it took, and which files it changed. */
export function Attempts({ attemptGroup, current }: { readonly attemptGroup: string; readonly current: string }) {
  const query = useQuery(attemptsQuery(attemptGroup));
  return (
    <Loaded query={query} rows={2}>
      {(attempts) => (
        <ul className={styles.attempts}>
          {attempts.map((attempt) => (
            <li key={attempt.dispatchId} className={styles.attempt} data-current={attempt.dispatchId === current}>
              <Attempt attempt={attempt} isCurrent={attempt.dispatchId === current} />
            </li>
          ))}
        </ul>
      )}
    </Loaded>
  );
}

function Attempt({ attempt, isCurrent }: { readonly attempt: DispatchSummary; readonly isCurrent: boolean }) {
  const tokens = tokensOf(attempt);
  const figures = [
    tookOf(attempt),
    tokens > 0 ? `${formatNumber(tokens)} ${words.facts.tokens}` : undefined,
    costOf(attempt),
  ].filter((figure) => figure !== undefined);
  return (
    <>
      <div className={styles.attemptHead}>
        <strong>
          {attempt.agent} <span className={styles.quiet}>{attempt.modelId}</span>
        </strong>
        <DispatchStatus status={attempt.status} />
      </div>
      <p className={styles.quiet}>{figures.join(' · ')}</p>
      {attempt.judgement !== null && <Verdict judgement={attempt.judgement} />}
      {isOver(attempt) && <ChangedFiles id={attempt.dispatchId} />}
      {isCurrent ? (
        <span className={styles.quiet}>{words.thisAttempt}</span>
      ) : (
        <Link to="/dispatches/$dispatch" params={{ dispatch: attempt.dispatchId }}>
          {attempt.dispatchId}
        </Link>
      )}
    </>
  );
}

function ChangedFiles({ id }: { readonly id: string }) {
  const [{ data: artifacts }] = useQueries({ queries: [artifactsQuery(id)] });
  const patch = artifacts?.find(({ key }) => key === 'changes.patch');
  const { data: files } = useQuery({ ...patchQuery(id, patch), enabled: artifacts !== undefined });
  if (files == null || files.length === 0) return null;
  return (
    <ul className={styles.changed}>
      {files.map(({ path, added, removed }) => (
        <li key={path}>
          <code>{path}</code> <Counts added={added} removed={removed} />
        </li>
      ))}
    </ul>
  );
}

export function Counts({ added, removed }: { readonly added: number; readonly removed: number }) {
  return (
    <span className={styles.counts}>
      <span className="hidden-but-read">{words.lines(added, removed)}</span>
      <span aria-hidden className={styles.plus}>
        +{formatNumber(added)}
      </span>
      <span aria-hidden className={styles.minus}>
        −{formatNumber(removed)}
      </span>
    </span>
  );
}
