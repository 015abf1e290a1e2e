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
import {
  endingCertificatesQuery,
  fleetCountsQuery,
  latestRunsQuery,
  runningQuery,
  waitingNodesQuery,
} from './queries.ts';

const STATUSES = ['Connected', 'Unhealthy', 'Disconnected', 'Revoked'] as const;

/** How the fleet is, what is running, and what waits for a person. */
export function OverviewScreen() {
  const counts = useQuery(fleetCountsQuery);
  useLiveQuery('nodes', fleetCountsQuery.queryKey);
  useLiveQuery('runs', ['runs']);
  return (
    <Page title={overviewWords.title}>
      <Loaded query={counts} rows={2}>
        {(found) => (found === null || total(found) === 0 ? <FirstVisit /> : <Counts counts={found} />)}
      </Loaded>
      <div className={styles.columns}>
        <Needs />
        <Running />
      </div>
      <Latest />
    </Page>
  );
}

type CountsByStatus = Readonly<Record<(typeof STATUSES)[number], number>>;

const total = (counts: CountsByStatus) => STATUSES.reduce((sum, status) => sum + counts[status], 0);

function FirstVisit() {
  return (
    <Empty title={overviewWords.nobody} hint={overviewWords.nobodyHint}>
      <Link to="/add-machines" className="button primary">
        {overviewWords.add}
      </Link>
    </Empty>
  );
}

function Counts({ counts }: { readonly counts: CountsByStatus }) {
  return (
    <section aria-label={overviewWords.fleet} className={styles.counts}>
      <Link to="/nodes" className={styles.count}>
        <strong>{formatNumber(total(counts))}</strong>
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

function Needs() {
  const { data: waiting = 0 } = useQuery(waitingNodesQuery);
  const { data: ending = 0 } = useQuery(endingCertificatesQuery);
  const { data: counts } = useQuery(fleetCountsQuery);
  const { data: latest = [] } = useQuery(latestRunsQuery);
  const failed = latest.filter(({ summary }) => summary.err + summary.timed_out > 0).length;
  const needs: readonly (readonly [count: number, link: ReactNode])[] = [
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
      counts?.Unhealthy ?? 0,
      <Link key="unhealthy" to="/nodes" search={{ status: 'Unhealthy' }}>
        {overviewWords.unhealthy(counts?.Unhealthy ?? 0)}
      </Link>,
    ],
    [
      counts?.Disconnected ?? 0,
      <Link key="away" to="/nodes" search={{ status: 'Disconnected' }}>
        {overviewWords.away(counts?.Disconnected ?? 0)}
      </Link>,
    ],
    [
      failed,
      <Link key="failed" to="/runs" search={{ outcome: 'failed' }}>
        {overviewWords.failed(failed)}
      </Link>,
    ],
  ];
  const shown = needs.filter(([count]) => count > 0);
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
