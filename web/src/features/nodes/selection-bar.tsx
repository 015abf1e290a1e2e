import { useNavigate } from '@tanstack/react-router';
import { Play, Tags } from 'lucide-react';
import { useState } from 'react';
import type { Target } from '#client/edge-fleet/wire.ts';
import { useKeys } from '../../keys/use-keys.ts';
import { Action } from '../../parts/action.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { ChangeTags } from './change-tags.tsx';
import { countOf, type NodeSelection, targetText } from './node-selection.ts';
import type { Node } from './queries.ts';
import styles from './selection-bar.module.css';

interface SelectionBarProps {
  readonly selection: NodeSelection;
  readonly on: string;
  readonly status: Node['status'] | undefined;
  readonly target: Target;
  readonly matching: number;
  readonly selectAll: () => void;
  readonly selectNone: () => void;
}

/** What can be done with what is selected. */
export function SelectionBar({ selection, on, status, target, matching, selectAll, selectNone }: SelectionBarProps) {
  const navigate = useNavigate();
  const [isTagging, setIsTagging] = useState(false);
  const count = countOf(selection, matching);
  const run = () => void navigate({ to: '/run', search: { on: targetText(selection, on) } });
  useKeys([
    { keys: 'r', what: nodeWords.nodes.run, run },
    { keys: 'Escape', what: nodeWords.nodes.selectNone, run: selectNone },
  ]);
  return (
    <div className={styles.bar} role="status">
      <strong>
        {selection.kind === 'all' && selection.without.size === 0
          ? nodeWords.nodes.allSelected(count, on)
          : nodeWords.nodes.selected(count)}
      </strong>
      {selection.kind === 'some' && count < matching && status === undefined && (
        <button type="button" className="quiet small" onClick={selectAll}>
          {nodeWords.nodes.selectAll(matching)}
        </button>
      )}
      <button type="button" className="quiet small" onClick={selectNone}>
        {nodeWords.nodes.selectNone}
      </button>
      <div className={styles.acts}>
        <Action scope="aegis.edge.hosts.write" act={() => setIsTagging(true)}>
          <Tags size={15} aria-hidden />
          {nodeWords.nodes.tag}
        </Action>
        <Action scope="aegis.edge.fleet.manage" look="primary" act={run}>
          <Play size={15} aria-hidden />
          {nodeWords.nodes.run}
        </Action>
      </div>
      {isTagging && (
        <ChangeTags selection={selection} target={target} count={count} close={() => setIsTagging(false)} />
      )}
    </div>
  );
}
