import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Action } from '../../parts/action.tsx';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { workWords } from '../../words/work.ts';
import { CreateDispatch } from './create-dispatch.tsx';
import styles from './dispatch.module.css';
import { DispatchBoard } from './dispatch-board.tsx';
import { DispatchStatus } from './dispatch-status.tsx';
import { costOf, tookOf } from './figures.ts';
import { type DispatchSummary, dispatchesQuery, type DispatchStatus as StatusName } from './queries.ts';
import { dispatchesRoute } from './routes.ts';

const words = workWords.dispatches;

const COLUMNS: readonly TableColumn<DispatchSummary>[] = [
  { name: 'status', title: words.columns.status, cell: ({ status }) => <DispatchStatus status={status} /> },
  {
    name: 'task',
    title: words.columns.task,
    isFlexible: true,
    cell: ({ dispatchId, task }) => (
      <Link to="/dispatches/$dispatch" params={{ dispatch: dispatchId }} title={task}>
        {task}
      </Link>
    ),
  },
  { name: 'agent', title: words.columns.agent, cell: ({ agent, modelId }) => <span title={modelId}>{agent}</span> },
  { name: 'repo', title: words.columns.repo, cell: ({ repo }) => repo ?? '–' },
  { name: 'took', title: words.columns.took, isNumber: true, cell: (one) => tookOf(one) ?? '–' },
  { name: 'cost', title: words.columns.cost, isNumber: true, cell: (one) => costOf(one) ?? '–' },
  { name: 'created', title: words.columns.created, cell: ({ createdAt }) => <Moment at={createdAt} /> },
];

export function DispatchesScreen() {
  const { view, ...filter } = useSearch({ from: dispatchesRoute.id });
  const navigate = useNavigate({ from: dispatchesRoute.fullPath });
  const query = useInfiniteQuery(dispatchesQuery(filter));
  const [isCreating, setIsCreating] = useState(false);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page
      title={words.title}
      actions={
        <Action scope="dispatch" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {words.create}
        </Action>
      }
    >
      <Filter
        label={words.title}
        fields={[
          { name: 'status', label: words.status, value: filter.status, options: Object.entries(words.states) },
          { name: 'agent', label: words.agent, value: filter.agent },
          { name: 'repo', label: words.repo, value: filter.repo, placeholder: 'owner/name' },
        ]}
        apply={
          ({ status, agent, repo }) =>
            void navigate({ search: { view, status: status as StatusName | undefined, agent, repo } }) // of the options
        }
      />
      <Views view={view} show={(next) => void navigate({ search: { ...filter, view: next } })} />
      {view === 'board' ? (
        <Loaded query={query}>
          {({ pages }) => <DispatchBoard dispatches={pages.flatMap(({ data }) => data.items)} />}
        </Loaded>
      ) : (
        <PagedTable
          label={words.title}
          query={query}
          rowsOf={({ data }) => data.items}
          columns={COLUMNS}
          keyOf={({ dispatchId }) => dispatchId}
          empty={isFiltered ? <Empty title={words.noMatch} /> : <Empty title={words.none} hint={words.noneHint} />}
        />
      )}
      {isCreating && <CreateDispatch close={() => setIsCreating(false)} />}
    </Page>
  );
}

type View = 'board' | undefined;

function Views({ view, show }: { readonly view: View; readonly show: (view: View) => void }) {
  return (
    <fieldset className={styles.views}>
      <legend className="hidden-but-read">{words.shownAs}</legend>
      <button type="button" className="quiet small" aria-pressed={view !== 'board'} onClick={() => show(undefined)}>
        {words.list}
      </button>
      <button type="button" className="quiet small" aria-pressed={view === 'board'} onClick={() => show('board')}>
        {words.board}
      </button>
    </fieldset>
  );
}
