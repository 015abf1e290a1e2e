import { formatNumber } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import type { FoundNodes, Node } from './queries.ts';
import { STATUSES } from './routes.ts';
import styles from './status-filter.module.css';

interface StatusFilterProps {
  readonly counts: NonNullable<FoundNodes['counts']> | undefined;
  readonly status: Node['status'] | undefined;
  readonly choose: (status: Node['status'] | undefined) => void;
}

/** The counts are of what the target means, so they tell what a click would show. */
export function StatusFilter({ counts, status, choose }: StatusFilterProps) {
  const total = counts && Object.values(counts).reduce((sum, each) => sum + each, 0);
  return (
    <fieldset className={styles.filter}>
      <legend className="hidden-but-read">{nodeWords.nodes.statusFilter}</legend>
      <Choice
        label={nodeWords.nodes.everyStatus}
        count={total}
        isChosen={status === undefined}
        choose={() => choose(undefined)}
      />
      {STATUSES.map((each) => (
        <Choice
          key={each}
          label={nodeWords.nodes.status[each]}
          count={counts?.[each]}
          isChosen={status === each}
          choose={() => choose(each)}
        />
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly count: number | undefined;
  readonly isChosen: boolean;
  readonly choose: () => void;
}

function Choice({ label, count, isChosen, choose }: ChoiceProps) {
  return (
    <button type="button" className={styles.choice} aria-pressed={isChosen} onClick={choose}>
      {label}
      {count !== undefined && <span className={styles.count}>{formatNumber(count)}</span>}
    </button>
  );
}
