import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { groupsQuery } from '../../targets/queries.ts';
import { readTarget } from '../../targets/read-target.ts';
import { SelectorBox } from '../../targets/selector-box.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { ColumnChoice, columnsOf } from './node-columns.tsx';
import { ALL, countOf, isSelected, NONE, toggle } from './node-selection.ts';
import styles from './nodes-screen.module.css';
import { type Node, nodesQuery } from './queries.ts';
import { type NodesSearch, nodesRoute } from './routes.ts';
import { SelectionBar } from './selection-bar.tsx';
import { StatusFilter } from './status-filter.tsx';
import { useNodeChanges } from './use-node-changes.ts';

/** One list of all nodes. The filter is the target of `--on`, and what is selected is a target too. */
export function NodesScreen() {
  const search = nodesRoute.useSearch();
  const { on = '', status, sort = 'name', down = false } = search;
  const navigate = useNavigate({ from: nodesRoute.fullPath });
  const change = (changes: NodesSearch) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  const open = ({ node_id: node }: Node) => void navigate({ to: '/nodes/$node', params: { node } });

  const { data: groups = [] } = useQuery(groupsQuery);
  const read = readTarget(on, groups);
  const target = read.kind === 'target' ? read.target : { All: null };
  const query = useInfiniteQuery(nodesQuery(target, { status, sort, down: down || undefined }));
  const nodes = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const seen = useMemo(() => whatWasSeen(nodes), [nodes]);
  const columns = useMemo(() => columnsOf(search.columns), [search.columns]);
  const changes = useNodeChanges(sort === 'name' && !down);

  const [selection, setSelection] = useState(NONE);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list is another selection
  useEffect(() => setSelection(NONE), [on, status]);
  const counts = query.data?.pages[0]?.counts ?? undefined;
  const total =
    counts && (status === undefined ? Object.values(counts).reduce((sum, each) => sum + each, 0) : counts[status]);

  return (
    <Page
      title={nodeWords.nodes.title}
      beside={total !== undefined && <span className={styles.count}>{nodeWords.nodes.count(total)}</span>}
      actions={
        <Link to="/add-machines" className="button">
          {nodeWords.nodes.add}
        </Link>
      }
    >
      <div className={styles.tools}>
        <SelectorBox
          hasKey
          label={nodeWords.nodes.filter}
          value={on}
          seen={seen}
          change={(text) => change({ on: text || undefined })}
        />
        {groups.length > 0 && (
          <select
            aria-label={nodeWords.nodes.groups}
            value={groups.find(({ name }) => on === groupText(name))?.name ?? ''}
            onChange={({ target: { value } }) => change({ on: value === '' ? undefined : groupText(value) })}
          >
            <option value="">{nodeWords.nodes.groups}</option>
            {groups.map(({ id, name }) => (
              <option key={id} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      <div className={styles.filters}>
        <StatusFilter counts={counts} status={status} choose={(chosen) => change({ status: chosen })} />
        {changes.count > 0 && (
          <button type="button" className="small" onClick={changes.show}>
            {nodeWords.nodes.moved(changes.count)}
          </button>
        )}
        <ColumnChoice chosen={search.columns} choose={(names) => change({ columns: names })} />
      </div>
      {countOf(selection, total ?? 0) > 0 && (
        <SelectionBar
          selection={selection}
          on={on}
          status={status}
          target={target}
          matching={total ?? 0}
          selectAll={() => setSelection(ALL)}
          selectNone={() => setSelection(NONE)}
        />
      )}
      <Loaded query={query}>
        {() =>
          nodes.length === 0 ? (
            <NoNodes on={on} status={status} />
          ) : (
            <VirtualTable
              label={nodeWords.nodes.title}
              columns={columns}
              rows={nodes}
              keyOf={keyOf}
              total={total}
              loadMore={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
              open={open}
              selection={{
                has: (id) => isSelected(selection, id),
                toggle: (id) => setSelection((before) => toggle(before, id)),
              }}
              sorting={{
                by: sort,
                isDescending: down,
                change: (by, isDown) => change({ sort: by as NodesSearch['sort'], down: isDown || undefined }), // a column that is sortable
              }}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

/** A beginning of a name, most likely. */
const PLAIN_WORD = /^[\w.-]+$/;

const keyOf = ({ node_id: id }: Node) => id;

function groupText(name: string): string {
  return `group:${/^[^\s"(),=!&]+$/.test(name) ? name : JSON.stringify(name)}`;
}

function whatWasSeen(nodes: readonly Node[]) {
  const distinct = (texts: readonly string[]) => [...new Set(texts)].toSorted();
  return {
    tags: distinct(nodes.flatMap(({ tags }) => tags)),
    nodes: nodes.map(({ name }) => name),
    labels: distinct(
      nodes.flatMap(({ capabilities: { labels } }) => Object.entries(labels).map(([key, value]) => `${key}=${value}`)),
    ),
  };
}

function NoNodes({ on, status }: Pick<NodesSearch, 'on' | 'status'>) {
  if (status !== undefined)
    return (
      <Empty title={nodeWords.nodes.noMatch} hint={nodeWords.nodes.noneOfStatus(nodeWords.nodes.status[status])} />
    );
  if (on !== undefined && on !== '')
    return (
      <Empty title={nodeWords.nodes.noMatch} hint={nodeWords.nodes.noMatchHint(on)}>
        {PLAIN_WORD.test(on) && (
          <Link to="/nodes" search={{ on: `*${on}*` }}>
            {nodeWords.nodes.within(on)}
          </Link>
        )}
      </Empty>
    );
  return (
    <Empty title={nodeWords.nodes.none} hint={nodeWords.nodes.noneHint}>
      <Link to="/add-machines">{nodeWords.nodes.add}</Link>
    </Empty>
  );
}
