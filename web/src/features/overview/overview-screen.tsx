import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { RunOutcomeStatus } from '../../parts/run-outcome.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { formatNumber } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import { overviewWords } from '../../words/overview.ts';
import styles from './overview-screen.module.css';
import { latestRunsQuery, type Overview, overviewQuery, runningQuery } from './queries.ts';

const STATUSES = ['Connected', 'Unhealthy', 'Disconnected', 'Revoked'] as const;

/** How the fleet is, what is running, and what waits for a person. */
export function OverviewScreen() {
  const query = useQuery(overviewQuery);
  useLiveQuery('nodes', overviewQuery.queryKey);
  useLiveQuery('runs', ['runs']);
  return (
    <Page title={overviewWords.title}>
      <Loaded query={query} rows={2}>
        {({ nodes, needs, runs }) => (
          <>
            {nodes.total === 0 ? <FirstVisit /> : <Counts total={nodes.total} counts={nodes.by_status} />}
            <div className={styles.columns}>
              <Needs needs={needs} counts={nodes.by_status} failed={runs?.failed_today ?? 0} />
              <Running />
              <Shares title={overviewWords.versions} shares={nodes.by_version} total={nodes.total} />
              <Shares
                title={overviewWords.systems}
                shares={nodes.by_os}
                total={nodes.total}
                targetOf={(name) => (PLAIN.test(name) ? `os=${name}` : undefined)}
              />
            </div>
          </>
        )}
      </Loaded>
      <Latest />
    </Page>
  );
}

type CountsByStatus = Overview['nodes']['by_status'];

const PLAIN = /^[\w.-]+$/;

function FirstVisit() {
  return (
    <Empty title={overviewWords.nobody} hint={overviewWords.nobodyHint}>
      <Link to="/add-machines" className="button primary">
        {overviewWords.add}
      </Link>
    </Empty>
  );
}

function Counts({ total, counts }: { readonly total: number; readonly counts: CountsByStatus }) {
  return (
    <section aria-label={overviewWords.fleet} className={styles.counts}>
      <Link to="/nodes" className={styles.count}>
        <strong>{formatNumber(total)}</strong>
        {nodeWords.nodes.title}
      </Link>
      {STATUSES.map((status) => (
        <Link
          key={status}
          to="/nodes"
          search={{ status }}
          className={styles.count}
          data-status={status}
          data-none={counts[status] === 0}
        >
          <strong>{formatNumber(counts[status])}</strong>
          {nodeWords.nodes.status[status]}
        </Link>
      ))}
    </section>
  );
}

interface NeedsProps {
  readonly needs: Overview['needs'];
  readonly counts: CountsByStatus;
  readonly failed: number;
}

function Needs({ needs, counts, failed }: NeedsProps) {
  const { waiting_nodes: waiting, ending_certificates: ending, failing_webhooks: failing } = needs;
  const found: readonly (readonly [count: number | null, link: ReactNode])[] = [
    [
      waiting,
      <Link key="waiting" to="/nodes">
        {overviewWords.waiting(waiting)}
      </Link>,
    ],
    [
      ending,
      <Link key="ending" to="/certificates">
        {overviewWords.ending(ending)}
      </Link>,
    ],
    [
      failing,
      <Link key="failing" to="/webhooks">
        {overviewWords.failing(failing ?? 0)}
      </Link>,
    ],
    [
      counts.Unhealthy,
      <Link key="unhealthy" to="/nodes" search={{ status: 'Unhealthy' }}>
        {overviewWords.unhealthy(counts.Unhealthy)}
      </Link>,
    ],
    [
      counts.Disconnected,
      <Link key="away" to="/nodes" search={{ status: 'Disconnected' }}>
        {overviewWords.away(counts.Disconnected)}
      </Link>,
    ],
    [
      failed,
      <Link key="failed" to="/runs" search={{ outcome: 'failed' }}>
        {overviewWords.failed(failed)}
      </Link>,
    ],
  ];
  const shown = found.filter(([count]) => (count ?? 0) > 0);
  return (
    <Panel title={overviewWords.needs}>
      {shown.length === 0 ? (
        <p className={styles.none}>{overviewWords.needsNone}</p>
      ) : (
        <ul className={styles.list}>
          {shown.map(([, link], index) => (
            <li key={index}>{link}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

interface SharesProps {
  readonly title: string;
  readonly shares: readonly { readonly name: string; readonly count: number }[];
  readonly total: number;
  /** The target that lists them, where there is one. */
  readonly targetOf?: (name: string) => string | undefined;
}

/** How many nodes have what, largest first. */
function Shares({ title, shares, total, targetOf }: SharesProps) {
  if (shares.length === 0) return null;
  return (
    <Panel title={title}>
      <ul className={styles.shares}>
        {shares.map(({ name, count }) => (
          <li key={name} className={styles.share}>
            <ShareName name={name} on={targetOf?.(name)} />
            <span className={styles.number}>{formatNumber(count)}</span>
            <div className={styles.bar} aria-hidden>
              <div style={{ width: `${(count / Math.max(1, total)) * 100}%` }} />
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function ShareName({ name, on }: { readonly name: string; readonly on: string | undefined }) {
  if (name === '') return <span className={styles.none}>{overviewWords.unknown}</span>;
  if (on === undefined) return <span>{name}</span>;
  return (
    <Link to="/nodes" search={{ on }}>
      {name}
    </Link>
  );
}

function Running() {
  const query = useQuery(runningQuery);
  return (
    <Panel title={overviewWords.running}>
      <Loaded query={query} rows={2}>
        {(runs) =>
          runs.length === 0 ? <p className={styles.none}>{overviewWords.runningNone}</p> : <RunList runs={runs} />
        }
      </Loaded>
    </Panel>
  );
}

function Latest() {
  const query = useQuery(latestRunsQuery);
  return (
    <Panel title={overviewWords.latest} actions={<Link to="/runs">{overviewWords.allRuns}</Link>}>
      <Loaded query={query}>{(runs) => <RunList runs={runs} />}</Loaded>
    </Panel>
  );
}

interface ListedRun {
  readonly fleet_command_id: string;
  readonly command: string | null;
  readonly tool: string;
  readonly outcome: 'running' | 'complete' | 'halted' | 'cancelled';
  readonly started_at: string;
}

function RunList({ runs }: { readonly runs: readonly ListedRun[] }) {
  return (
    <ul className={styles.list}>
      {runs.map(({ fleet_command_id: run, command, tool, outcome, started_at: at }) => (
        <li key={run} className={styles.run}>
          <RunOutcomeStatus outcome={outcome} />
          <Link to="/runs/$run" params={{ run }}>
            <code>{command ?? tool}</code>
          </Link>
          <Moment at={at} />
        </li>
      ))}
    </ul>
  );
}
