import type { UseQueryResult } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { useKeys } from '../../keys/use-keys.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Switch } from '../../parts/switch.tsx';
import { runWords } from '../../words/runs.ts';
import { GroupCard } from './group-card.tsx';
import { inOrder, isFailure, isOpenByItself, nextGroup, type OutputGroup, type OutputGroups } from './groups.ts';
import { type RunSearch, runRoute } from './routes.ts';
import styles from './run-groups.module.css';

type Show = RunSearch['show'];

const FILTERS: readonly (readonly [Show, string])[] = [
  [undefined, runWords.run.all],
  ['differs', runWords.run.differs],
  ['failed', runWords.run.failed],
];

function isShown(show: Show, group: OutputGroup): boolean {
  if (show === 'failed') return isFailure(group.outcome);
  return show !== 'differs' || !group.majority;
}

/** What the hosts said, one card for each kind of output. */
export function RunGroups({ id, query }: { readonly id: string; readonly query: UseQueryResult<OutputGroups> }) {
  const { show, exact = false } = runRoute.useSearch();
  const navigate = useNavigate({ from: runRoute.fullPath });
  const change = (changes: RunSearch) =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  return (
    <section className={styles.groups} aria-label={runWords.run.groups}>
      <header className={styles.head}>
        <h2>{runWords.run.groups}</h2>
        {query.data !== undefined && (
          <span className={styles.count}>
            {runWords.run.groupsCount(query.data.groups.length + query.data.more, query.data.total)}
          </span>
        )}
        <div className={styles.filters}>
          {FILTERS.map(([filter, label]) => (
            <button
              key={label}
              type="button"
              className="small"
              aria-pressed={show === filter}
              onClick={() => change({ show: filter })}
            >
              {label}
            </button>
          ))}
          <Switch isOn={!exact} turn={(isOn) => change({ exact: isOn ? undefined : true })}>
            {runWords.run.ignoreNames}
          </Switch>
        </div>
      </header>
      <Loaded query={query}>{(groups) => <GroupList id={id} groups={groups} isExact={exact} />}</Loaded>
    </section>
  );
}

function GroupList({
  id,
  groups,
  isExact,
}: {
  readonly id: string;
  readonly groups: OutputGroups;
  readonly isExact: boolean;
}) {
  const { show, group: current } = runRoute.useSearch();
  const navigate = useNavigate({ from: runRoute.fullPath });
  const ordered = useMemo(() => inOrder(groups.groups), [groups]);
  const shown = ordered.filter((group) => isShown(show, group));
  const majority = ordered.find((group) => group.majority);
  const look = (digest: string | undefined) => {
    if (digest === undefined) return;
    void navigate({ search: (before) => ({ ...before, group: digest }), replace: true });
    document.getElementById(`group-${digest}`)?.scrollIntoView({ block: 'start' });
    document.getElementById(`group-${digest}`)?.focus({ preventScroll: true });
  };
  const differs = (group: OutputGroup) => !group.majority;
  useKeys([
    { keys: 'n', what: runWords.run.next, run: () => look(nextGroup(shown, current, 1, differs)) },
    { keys: 'p', what: runWords.run.previous, run: () => look(nextGroup(shown, current, -1, differs)) },
    {
      keys: 'f',
      what: runWords.run.nextFailure,
      run: () => look(nextGroup(shown, current, 1, ({ outcome }) => isFailure(outcome))),
    },
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link to a group leads there once, when the page is opened
  useEffect(() => {
    if (current !== undefined) document.getElementById(`group-${current}`)?.scrollIntoView({ block: 'start' });
  }, []);
  if (ordered.length === 0) return <Empty title={runWords.run.groupsNone} />;
  if (shown.length === 0) return <Empty title={runWords.run.groupsNoneOf} />;
  return (
    <>
      <ul className={styles.list}>
        {shown.map((group) => (
          <li key={group.digest}>
            <GroupCard
              run={id}
              group={group}
              majority={group.majority ? undefined : majority}
              isCurrent={group.digest === current}
              isOpenAtFirst={isOpenByItself(group, groups) || group.digest === current}
              isExact={isExact}
            />
          </li>
        ))}
      </ul>
      {groups.more > 0 && <p className={styles.count}>{runWords.run.groupsMore(groups.more)}</p>}
    </>
  );
}
