import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { AnsiText } from '../../parts/ansi-text.tsx';
import { OutcomeStatus } from '../../parts/outcome.tsx';
import { runWords } from '../../words/runs.ts';
import { DiffText } from './diff-text.tsx';
import styles from './group-card.module.css';
import { GroupHosts } from './group-hosts.tsx';
import type { OutputGroup } from './groups.ts';

interface GroupCardProps {
  readonly run: string;
  readonly group: OutputGroup;
  /** What it is compared with; undefined for the majority itself. */
  readonly majority: OutputGroup | undefined;
  readonly isCurrent: boolean;
  readonly isOpenAtFirst: boolean;
  readonly isExact: boolean;
}

const HEAD_BYTES = 4_096;
const NAMED = 3;

/** One kind of output: how many hosts have it, which, and what it is. */
export function GroupCard({ run, group, majority, isCurrent, isOpenAtFirst, isExact }: GroupCardProps) {
  const { digest, outcome, exitCode, count, sampleHosts, head } = group;
  const [choice, setChoice] = useState<boolean>();
  const [isDiff, setIsDiff] = useState(false);
  const [hasHosts, setHasHosts] = useState(false);
  const isOpen = choice ?? isOpenAtFirst;
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const named = sampleHosts.slice(0, NAMED).map(({ name }) => name);
  return (
    <article id={`group-${digest}`} tabIndex={-1} className={styles.card} data-current={isCurrent}>
      <header className={styles.head}>
        <button type="button" className={styles.open} aria-expanded={isOpen} onClick={() => setChoice(!isOpen)}>
          <Chevron size={15} aria-hidden />
          <strong>{runWords.run.hosts(count)}</strong>
        </button>
        <OutcomeStatus outcome={outcome} />
        {exitCode !== null && exitCode !== 0 && <span className={styles.quiet}>{runWords.run.exit(exitCode)}</span>}
        {group.majority && <span className={styles.badge}>{runWords.run.majority}</span>}
        <span className={styles.names}>
          {named.join(', ')} {count > named.length && runWords.run.andMore(count - named.length)}
        </span>
        <div className={styles.acts}>
          {isOpen && majority !== undefined && head !== '' && (
            <button type="button" className="quiet small" aria-pressed={isDiff} onClick={() => setIsDiff(!isDiff)}>
              {isDiff ? runWords.run.showOutput : runWords.run.compare}
            </button>
          )}
          <button type="button" className="quiet small" aria-expanded={hasHosts} onClick={() => setHasHosts(!hasHosts)}>
            {hasHosts ? runWords.run.hideHosts : runWords.run.showHosts}
          </button>
        </div>
      </header>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled has to be reached by keyboard
        <div className={styles.output} role="group" tabIndex={0} aria-label={runWords.run.hosts(count)}>
          {head === '' ? (
            <p className={styles.quiet}>{runWords.run.noOutput}</p>
          ) : isDiff && majority !== undefined ? (
            <DiffText reference={majority.head} text={head} />
          ) : (
            <AnsiText text={head} />
          )}
          {head.length >= HEAD_BYTES && <p className={styles.quiet}>{runWords.run.cut}</p>}
        </div>
      )}
      {hasHosts && <GroupHosts run={run} digest={digest} count={count} isExact={isExact} />}
    </article>
  );
}
