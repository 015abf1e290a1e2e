import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Loaded } from '../../parts/states.tsx';
import { formatList } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import { runWords } from '../../words/runs.ts';
import styles from './target-preview.module.css';

interface Preview {
  readonly connected: number;
  readonly others: Readonly<Record<string, number>>;
  readonly first: readonly { readonly id: string; readonly name: string }[];
}

const STATUS_WORDS: Readonly<Record<string, string>> = nodeWords.nodes.status;

/** Who it would run on, and who is left out and why. */
export function TargetPreview({ query }: { readonly query: UseQueryResult<Preview> }) {
  return (
    <Loaded query={query} rows={3}>
      {({ connected, others, first }) => {
        const skipped = Object.entries(others).filter(([, count]) => count > 0);
        const left = skipped.reduce((sum, [, count]) => sum + count, 0);
        return (
          <div aria-live="polite" className={styles.preview}>
            <p className={styles.count}>
              {connected === 0 ? runWords.compose.previewNobody : runWords.compose.previewMeans(connected)}
            </p>
            <ul className={styles.names}>
              {first.map(({ id, name }) => (
                <li key={id}>
                  <Link to="/nodes/$node" params={{ node: id }}>
                    {name}
                  </Link>
                </li>
              ))}
              {connected > first.length && <li>{runWords.run.andMore(connected - first.length)}</li>}
            </ul>
            {left > 0 && (
              <p className={styles.left}>
                {runWords.compose.previewSkipped(left)}:{' '}
                {formatList(
                  skipped.map(([status, count]) => runWords.compose.ofStatus(count, STATUS_WORDS[status] ?? status)),
                )}
              </p>
            )}
          </div>
        );
      }}
    </Loaded>
  );
}
