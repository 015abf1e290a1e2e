import { formatNumber } from '../../words/format.ts';
import { runWords } from '../../words/runs.ts';
import styles from './outcome-bar.module.css';

export interface Counts {
  readonly ok: number;
  readonly err: number;
  readonly timed_out: number;
  readonly cancelled: number;
  readonly not_started: number;
}

const KINDS = ['ok', 'err', 'timed_out', 'cancelled', 'not_started', 'running'] as const;

interface OutcomeBarProps {
  readonly counts: Counts;
  /** The number of all hosts, those that have not ended too. */
  readonly total: number;
  /** In a list: the bar alone. */
  readonly isSmall?: boolean;
}

export function endedOf({ ok, err, timed_out: late, cancelled, not_started: notStarted }: Counts): number {
  return ok + err + late + cancelled + notStarted;
}

/** How the hosts of a run ended, as shares of one bar and as numbers. */
export function OutcomeBar({ counts, total, isSmall = false }: OutcomeBarProps) {
  const ended = endedOf(counts);
  const whole = Math.max(total, ended);
  const numbers = { ...counts, running: whole - ended };
  const label = KINDS.filter((kind) => numbers[kind] > 0)
    .map((kind) => `${runWords.run.counts[kind]}: ${formatNumber(numbers[kind])}`)
    .join(', ');
  return (
    <div className={styles.outcome}>
      <div
        className={styles.bar}
        data-small={isSmall}
        role="img"
        aria-label={label || runWords.run.bar(0, whole)}
        title={label}
      >
        {KINDS.map((kind) =>
          numbers[kind] === 0 ? null : <div key={kind} data-kind={kind} style={{ flexGrow: numbers[kind] }} />,
        )}
      </div>
      {!isSmall && (
        <ul className={styles.legend}>
          {KINDS.map((kind) =>
            numbers[kind] === 0 ? null : (
              <li key={kind}>
                <span className={styles.dot} data-kind={kind} aria-hidden />
                {runWords.run.counts[kind]} <strong>{formatNumber(numbers[kind])}</strong>
              </li>
            ),
          )}
        </ul>
      )}
    </div>
  );
}
