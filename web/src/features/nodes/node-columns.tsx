import { Link } from '@tanstack/react-router';
import { Moment } from '../../parts/moment.tsx';
import type { Column } from '../../parts/virtual-table.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { NodeStatus } from './node-status.tsx';
import styles from './nodes-screen.module.css';
import type { Node } from './queries.ts';
import { COLUMN_NAMES, type ColumnName, USUAL_COLUMNS } from './routes.ts';

const { columns: titles } = nodeWords.nodes;

const NAME: Column<Node> = {
  name: 'name',
  title: titles.name,
  width: 'minmax(9rem, 2fr)',
  isSortable: true,
  cell: ({ node_id: node, name }) => (
    <Link to="/nodes/$node" params={{ node }} tabIndex={-1}>
      {name}
    </Link>
  ),
};

const COLUMNS: Readonly<Record<ColumnName, Omit<Column<Node>, 'name' | 'title'>>> = {
  status: { width: '8rem', cell: ({ status }) => <NodeStatus status={status} /> },
  seen: { width: '9rem', isSortable: true, cell: ({ last_heartbeat_at: at }) => <Moment at={at} /> },
  system: {
    width: 'minmax(6rem, 8rem)',
    isSortable: true,
    cell: ({ capabilities: { os, arch } }) => [os, arch].filter(Boolean).join(' ') || '–',
  },
  version: { width: '6rem', isSortable: true, cell: ({ capabilities: { version } }) => version ?? '–' },
  tags: {
    width: 'minmax(6rem, 2fr)',
    cell: ({ tags }) =>
      tags.map((tag) => (
        <span key={tag} className={styles.tag}>
          {tag}
        </span>
      )),
  },
  labels: {
    width: 'minmax(8rem, 2fr)',
    cell: ({ capabilities: { labels } }) =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || '–',
  },
  since: { width: '9rem', cell: ({ since }) => <Moment at={since} /> },
  id: { width: 'minmax(9rem, 2fr)', cell: ({ node_id: id }) => <code title={id}>{id}</code> },
};

/** The name, and what was chosen, in the order of the list. */
export function columnsOf(chosen: readonly ColumnName[] = USUAL_COLUMNS): readonly Column<Node>[] {
  return [
    NAME,
    ...COLUMN_NAMES.filter((name) => chosen.includes(name)).map((name) => ({
      name,
      title: titles[name],
      ...COLUMNS[name],
    })),
  ];
}

interface ColumnChoiceProps {
  readonly chosen: readonly ColumnName[] | undefined;
  /** Undefined for the usual ones. */
  readonly choose: (names: readonly ColumnName[] | undefined) => void;
}

export function ColumnChoice({ chosen = USUAL_COLUMNS, choose }: ColumnChoiceProps) {
  const turn = (name: ColumnName) => {
    const next = COLUMN_NAMES.filter((one) => (one === name) !== chosen.includes(one));
    choose(next.join() === USUAL_COLUMNS.join() ? undefined : next);
  };
  return (
    <details className={styles.choice}>
      <summary>{nodeWords.nodes.chooseColumns}</summary>
      <fieldset>
        <legend className="hidden-but-read">{nodeWords.nodes.chooseColumns}</legend>
        {COLUMN_NAMES.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={chosen.includes(name)} onChange={() => turn(name)} />
            {titles[name]}
          </label>
        ))}
      </fieldset>
    </details>
  );
}
