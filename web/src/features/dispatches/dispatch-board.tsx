import { Link } from '@tanstack/react-router';
import { workWords } from '../../words/work.ts';
import styles from './dispatch.module.css';
import { DispatchStatus } from './dispatch-status.tsx';
import { costOf, tookOf } from './figures.ts';
import { Verdict } from './judgement.tsx';
import type { DispatchSummary, DispatchStatus as StatusName } from './queries.ts';

const words = workWords.dispatches;

type Column = keyof typeof words.columnsOfBoard;

const COLUMN_OF: Readonly<Record<StatusName, Column>> = {
  pending: 'waiting',
  provisioning: 'working',
  running: 'working',
  completing: 'working',
  success: 'done',
  failed: 'failed',
  timeout: 'failed',
  cancelled: 'failed',
};

/** Dispatches by how far they are, newest first in each column. */
export function DispatchBoard({ dispatches }: { readonly dispatches: readonly DispatchSummary[] }) {
  const columns = Object.entries(words.columnsOfBoard) as [Column, string][]; // the keys are those of the record
  return (
    <div className={styles.board}>
      {columns.map(([column, title]) => {
        const cards = dispatches.filter(({ status }) => COLUMN_OF[status] === column);
        return (
          <section key={column} aria-label={title} className={styles.column}>
            <h2>
              {title} <span className={styles.quiet}>{cards.length}</span>
            </h2>
            {cards.length === 0 && <p className={styles.quiet}>{words.noneInColumn}</p>}
            <ul>
              {cards.map((dispatch) => (
                <li key={dispatch.dispatchId} className={styles.attempt}>
                  <Card dispatch={dispatch} />
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function Card({ dispatch }: { readonly dispatch: DispatchSummary }) {
  const { dispatchId, task, agent, repo, judgement } = dispatch;
  const figures = [agent, repo, tookOf(dispatch), costOf(dispatch)].filter((figure) => figure != null);
  return (
    <>
      <Link to="/dispatches/$dispatch" params={{ dispatch: dispatchId }} className={styles.cardTask}>
        {task}
      </Link>
      <DispatchStatus status={dispatch.status} />
      <p className={styles.quiet}>{figures.join(' · ')}</p>
      {judgement !== null && <Verdict judgement={judgement} />}
    </>
  );
}
