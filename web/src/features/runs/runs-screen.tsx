import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { printWireTarget } from '#cli/print-target.ts';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { RunOutcomeStatus } from '../../parts/run-outcome.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { type Column, VirtualTable } from '../../parts/virtual-table.tsx';
import { formatDuration } from '../../words/format.ts';
import { runWords } from '../../words/runs.ts';
import { OutcomeBar } from './outcome-bar.tsx';
import { type Run, runsQuery } from './queries.ts';
import { OUTCOMES, type RunsSearch, runsRoute } from './routes.ts';
import styles from './runs-screen.module.css';

const { columns, filters, outcomes } = runWords.runs;

const COLUMNS: readonly Column<Run>[] = [
  {
    name: 'command',
    title: columns.command,
    width: 'minmax(12rem, 3fr)',
    cell: ({ fleet_command_id: run, command, tool }) => (
      <Link to="/runs/$run" params={{ run }} tabIndex={-1} className={styles.command} title={command ?? tool}>
        {command ?? tool}
      </Link>
    ),
  },
  {
    name: 'target',
    title: columns.target,
    width: 'minmax(6rem, 1.5fr)',
    cell: ({ target }) => <code title={printWireTarget(target)}>{printWireTarget(target)}</code>,
  },
  {
    name: 'outcome',
    title: columns.result,
    width: '7.5rem',
    cell: ({ outcome }) => <RunOutcomeStatus outcome={outcome} />,
  },
  {
    name: 'bar',
    title: runWords.run.groups,
    width: '7rem',
    cell: ({ summary, target_count: total }) => <OutcomeBar counts={summary} total={total} isSmall />,
  },
  {
    name: 'caller',
    title: columns.caller,
    width: 'minmax(5rem, 8rem)',
    cell: ({ caller }) => caller.name ?? caller.id,
  },
  {
    name: 'duration',
    title: columns.duration,
    width: '6rem',
    isNumber: true,
    cell: ({ duration_ms: duration }) => (duration === null ? '–' : formatDuration(duration)),
  },
  { name: 'started', title: columns.started, width: '9rem', cell: ({ started_at: at }) => <Moment at={at} /> },
];

const MOST_SELECTED = 2;

export function RunsScreen() {
  const search = runsRoute.useSearch();
  const navigate = useNavigate({ from: runsRoute.fullPath });
  const query = useInfiniteQuery(runsQuery(search));
  useLiveQuery('runs', ['runs', 'list']);
  const [selected, setSelected] = useState<readonly string[]>([]);
  const toggle = (id: string) =>
    setSelected((before) =>
      before.includes(id) ? before.filter((each) => each !== id) : [...before, id].slice(-MOST_SELECTED),
    );
  const isFiltered = Object.values(search).some((value) => value !== undefined);
  const [one, other] = selected;
  return (
    <Page
      title={runWords.runs.title}
      actions={
        <Link to="/run" className="button primary">
          {runWords.runs.compose}
        </Link>
      }
    >
      <Filter
        label={runWords.runs.filter}
        fields={[
          {
            name: 'outcome',
            label: filters.outcome,
            value: search.outcome,
            options: OUTCOMES.map((each) => [each, outcomes[each]] as const),
          },
          { name: 'text', label: filters.text, value: search.text },
          { name: 'caller', label: filters.caller, value: search.caller },
          { name: 'tool', label: filters.tool, value: search.tool },
          ...(search.node === undefined ? [] : [{ name: 'node', label: filters.node, value: search.node }]),
        ]}
        apply={(values) => void navigate({ search: values as RunsSearch })} // read again by the route
      />
      {selected.length > 0 && (
        <div className={styles.selection} role="status">
          {runWords.runs.selected(selected.length)}
          {one !== undefined && other !== undefined ? (
            <Link to="/runs/compare" search={{ one, other }} className="button">
              {runWords.runs.compare}
            </Link>
          ) : (
            <span className={styles.hint}>{runWords.runs.compareHint}</span>
          )}
        </div>
      )}
      <Loaded query={query}>
        {({ pages }) => {
          const runs = pages.flatMap(({ items }) => items);
          if (runs.length === 0)
            return (
              <Empty title={isFiltered ? runWords.runs.noMatch : runWords.runs.none} hint={runWords.runs.noneHint} />
            );
          return (
            <VirtualTable
              label={runWords.runs.title}
              columns={COLUMNS}
              rows={runs}
              keyOf={keyOf}
              total={query.hasNextPage ? undefined : runs.length}
              loadMore={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
              open={({ fleet_command_id: run }) => void navigate({ to: '/runs/$run', params: { run }, search: {} })}
              selection={{ has: (id) => selected.includes(id), toggle }}
            />
          );
        }}
      </Loaded>
    </Page>
  );
}

const keyOf = ({ fleet_command_id: id }: Run) => id;
