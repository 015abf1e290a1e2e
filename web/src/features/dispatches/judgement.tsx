import { workWords } from '../../words/work.ts';
import styles from './dispatch.module.css';
import type { DispatchSummary } from './queries.ts';

const words = workWords.dispatches;

type Said = NonNullable<DispatchSummary['judgement']>;

/** What the judge said of what an agent left, in one line. */
export function Verdict({ judgement: { exitCode, score } }: { readonly judgement: Said }) {
  return (
    <span data-good={exitCode === 0} className={styles.verdict}>
      {words.judge}: {words.judged(exitCode)}
      {score !== null && ` · ${words.score(score)}`}
    </span>
  );
}

export function Judgement({ judgement, judge }: { readonly judgement: Said; readonly judge: string }) {
  return (
    <>
      <p>
        <code>{judge}</code>
      </p>
      <p>
        <Verdict judgement={judgement} />
      </p>
      {judgement.output !== '' && <pre className={styles.said}>{judgement.output}</pre>}
    </>
  );
}
