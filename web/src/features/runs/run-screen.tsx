import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { printWireTarget } from '#cli/print-target.ts';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { policySentence, waveOf } from '../../orders/policy-sentence.ts';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment, useNow } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { useVisited } from '../../parts/recent.ts';
import { RunOutcomeStatus } from '../../parts/run-outcome.tsx';
import { Failure, Loaded } from '../../parts/states.tsx';
import { formatDuration, formatNumber } from '../../words/format.ts';
import { runWords } from '../../words/runs.ts';
import { cancelRun, rerun } from './acts.ts';
import { endedOf, OutcomeBar } from './outcome-bar.tsx';
import { type Run, runGroupsQuery, runQuery, SHOWN_WITHIN_MS } from './queries.ts';
import { runRoute } from './routes.ts';
import { RunGroups } from './run-groups.tsx';
import styles from './run-screen.module.css';

/** One order: how far it is, and what its hosts said, by what they have in common. */
export function RunScreen() {
  const { run: id } = useParams({ from: '/runs/$run' });
  const { exact = false } = runRoute.useSearch();
  const query = useQuery(runQuery(id));
  const groups = useQuery(runGroupsQuery(id, exact, query.data?.outcome === 'running'));
  useLiveQuery(`run:${id}`, runQuery(id).queryKey, SHOWN_WITHIN_MS);
  const run = query.data;
  useVisited(`/runs/${id}`, run?.command ?? run?.tool);
  return (
    <Page
      title={run?.command ?? run?.tool ?? runWords.runs.title}
      isCode
      beside={run && <RunOutcomeStatus outcome={run.outcome} />}
      actions={run && <RunActions run={run} />}
    >
      <Loaded query={query}>
        {(read) => (
          <>
            <Progress run={read} />
            <About run={read} />
            <RunGroups id={id} query={groups} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Progress({ run }: { readonly run: Run }) {
  const ended = endedOf(run.summary);
  const all = run.target_count;
  const wave = run.outcome === 'running' ? waveOf(run.policy.mode, ended, all) : undefined;
  return (
    <section className={styles.progress} aria-label={runWords.run.bar(ended, all)}>
      <OutcomeBar counts={run.summary} total={all} />
      <p className={styles.pace}>
        {runWords.run.bar(ended, all)}
        {wave !== undefined && <> · {runWords.run.wave(wave.wave, wave.waves)}</>}
        {run.outcome === 'running' && <Pace run={run} ended={ended} total={all} />}
      </p>
      <Announcement run={run} />
    </section>
  );
}

function Pace({ run, ended, total }: { readonly run: Run; readonly ended: number; readonly total: number }) {
  const now = useNow();
  const seconds = Math.max(1, (now - Date.parse(run.started_at)) / 1_000);
  const rate = ended / seconds;
  if (rate === 0 || ended >= total) return null;
  return (
    <>
      {' '}
      · {runWords.run.rate(formatNumber(Math.round(rate * 10) / 10))} · {runWords.run.left}{' '}
      {formatDuration(((total - ended) / rate) * 1_000)}
    </>
  );
}

/** For screen readers, once: while it runs the numbers would never stop talking. */
function Announcement({ run }: { readonly run: Run }) {
  const wasRunning = useRef(run.outcome === 'running');
  const [text, setText] = useState('');
  useEffect(() => {
    if (run.outcome === 'running') wasRunning.current = true;
    else if (wasRunning.current) setText(runWords.run.ended(run.summary.ok, run.summary.err + run.summary.timed_out));
  }, [run]);
  return (
    <span role="status" className="hidden-but-read">
      {text}
    </span>
  );
}

function About({ run }: { readonly run: Run }) {
  return (
    <div className={styles.about}>
      <Facts
        facts={[
          [runWords.run.target, <code key="target">{printWireTarget(run.target)}</code>],
          [runWords.run.policy, policySentence(run.policy)],
          [runWords.run.caller, run.caller.name ?? run.caller.id],
          [runWords.run.started, <Moment key="started" at={run.started_at} as="full" />],
          [runWords.run.took, run.duration_ms === null ? undefined : formatDuration(run.duration_ms)],
        ]}
      />
    </div>
  );
}

function RunActions({ run }: { readonly run: Run }) {
  const navigate = useNavigate();
  const [isCancelling, setIsCancelling] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const id = run.fleet_command_id;
  const again = async (only?: 'failed') => {
    setProblem(undefined);
    try {
      await navigate({ to: '/runs/$run', params: { run: await rerun(id, only) }, search: {} });
    } catch (error) {
      setProblem(error);
    }
  };
  const hasFailed = run.summary.err + run.summary.timed_out + run.summary.not_started > 0;
  return (
    <>
      {problem !== undefined && <Failure error={problem} />}
      {run.outcome === 'running' ? (
        <Action scope="aegis.edge.fleet.manage" look="danger" act={() => setIsCancelling(true)}>
          {runWords.run.cancel}
        </Action>
      ) : (
        <>
          {hasFailed && (
            <Action scope="aegis.edge.fleet.manage" act={() => void again('failed')}>
              {runWords.run.rerunFailed}
            </Action>
          )}
          <Action scope="aegis.edge.fleet.manage" act={() => void again()}>
            {runWords.run.rerun}
          </Action>
        </>
      )}
      {isCancelling && (
        <Confirm
          title={runWords.run.cancelTitle}
          consequence={runWords.run.cancelWhat}
          submit={runWords.run.cancelTitle}
          close={() => setIsCancelling(false)}
          act={() => cancelRun(id)}
          changes={['run', 'runs']}
        />
      )}
    </>
  );
}
