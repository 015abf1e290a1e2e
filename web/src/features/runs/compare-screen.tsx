import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { AnsiText } from '../../parts/ansi-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { OutcomeStatus } from '../../parts/outcome.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { runWords } from '../../words/runs.ts';
import { type ComparedGroup, compareGroups } from './compare-groups.ts';
import styles from './compare-screen.module.css';
import { OutcomeBar } from './outcome-bar.tsx';
import { runGroupsQuery, runQuery } from './queries.ts';
import { compareRoute } from './routes.ts';

/** What is the same and what is not, between two runs, by what their hosts said. */
export function CompareScreen() {
  const { one, other } = compareRoute.useSearch();
  return (
    <Page title={runWords.compare.title}>
      {one === undefined || other === undefined ? (
        <Empty title={runWords.compare.missing}>
          <Link to="/runs">{runWords.runs.title}</Link>
        </Empty>
      ) : (
        <Compared one={one} other={other} />
      )}
    </Page>
  );
}

function Compared({ one, other }: { readonly one: string; readonly other: string }) {
  const first = useQuery(runGroupsQuery(one, false));
  const second = useQuery(runGroupsQuery(other, false));
  return (
    <>
      <div className={styles.runs}>
        <RunPanel id={one} title={runWords.compare.one} />
        <RunPanel id={other} title={runWords.compare.other} />
      </div>
      <Loaded query={first}>
        {(before) => (
          <Loaded query={second}>
            {(after) => {
              const { both, onlyOne, onlyOther } = compareGroups(before.groups, after.groups);
              return (
                <>
                  <Groups title={runWords.compare.onlyOther} groups={onlyOther} />
                  <Groups title={runWords.compare.onlyOne} groups={onlyOne} />
                  <Groups title={runWords.compare.same} groups={both} />
                </>
              );
            }}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

function RunPanel({ id, title }: { readonly id: string; readonly title: string }) {
  const query = useQuery(runQuery(id));
  return (
    <Panel title={title}>
      <Loaded query={query} rows={2}>
        {(run) => (
          <>
            <p className={styles.what}>
              <Link to="/runs/$run" params={{ run: id }}>
                <code>{run.command ?? run.tool}</code>
              </Link>
              <Moment at={run.started_at} />
            </p>
            <OutcomeBar counts={run.summary} total={run.target_count} />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function Groups({ title, groups }: { readonly title: string; readonly groups: readonly ComparedGroup[] }) {
  if (groups.length === 0) return null;
  return (
    <Panel title={title}>
      {groups.map(({ digest, one, other }) => {
        const shown = one ?? other;
        return shown === undefined ? null : (
          <details key={digest}>
            <summary className={styles.summary}>
              <OutcomeStatus outcome={shown.outcome} /> {runWords.compare.hosts(one?.count ?? 0, other?.count ?? 0)}
            </summary>
            <AnsiText text={shown.head} />
          </details>
        );
      })}
    </Panel>
  );
}
