import { Moment } from '../../parts/moment.tsx';
import { formatDuration } from '../../words/format.ts';
import { workWords } from '../../words/work.ts';
import styles from './dispatch.module.css';
import { DispatchStatus } from './dispatch-status.tsx';
import { type Dispatch, isOver } from './queries.ts';

/** What it has come through, with the time it spent in each. */
export function Phases({ dispatch }: { readonly dispatch: Dispatch }) {
  const { transitions, progress } = dispatch;
  return (
    <>
      <ol className={styles.phases}>
        {transitions.map(({ status, at, reason }, index) => {
          const next = transitions[index + 1]?.at;
          return (
            <li key={`${status} ${at}`} className={styles.phase}>
              <DispatchStatus status={status} />
              <span className={styles.quiet}>
                {next === undefined ? <Moment at={at} /> : formatDuration(Date.parse(next) - Date.parse(at))}
              </span>
              {reason !== null && <span className={styles.quiet}>{reason}</span>}
            </li>
          );
        })}
      </ol>
      {!isOver(dispatch) && (
        <progress
          max={100}
          value={progress}
          aria-label={workWords.dispatches.progress(progress)}
          className={styles.progress}
        />
      )}
    </>
  );
}
