import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { type Answer, call } from '../../api/call.ts';
import { Problem } from '../../api/problem.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Failure, Loaded } from '../../parts/states.tsx';
import { runWords } from '../../words/runs.ts';
import styles from './pinned-run.module.css';
import { type Order, orderPreviewQuery } from './queries.ts';

type Preview = Answer<'POST /v1/previews'>;

const LISTED = 5;

/** The last look before an order is given. What is looked at is what runs: the pin holds exactly these hosts. */
export function PinnedRun({ order, close }: { readonly order: Order; readonly close: () => void }) {
  const navigate = useNavigate();
  const query = useQuery(orderPreviewQuery(order));
  const running = useMutation({
    mutationFn: (pin: string) => call('POST /v1/runs', { body: { pin } }),
    onSuccess: ({ fleet_command_id: run }) => navigate({ to: '/runs/$run', params: { run }, search: {} }),
    onError: (error) => error instanceof Problem && error.status === 409 && query.refetch(),
  });
  const hasChanged = running.error instanceof Problem && running.error.status === 409;
  return (
    <Dialog title={runWords.compose.check} close={close}>
      <Loaded query={query} rows={3}>
        {(preview) => (
          <div className={styles.preview}>
            {hasChanged && (
              <p role="alert" className={styles.changed}>
                {runWords.compose.changed}
              </p>
            )}
            {running.error !== null && !hasChanged && <Failure error={running.error} />}
            <Who preview={preview} />
            <Beware preview={preview} />
            <p className={styles.quiet}>{runWords.compose.pinned}</p>
            <div className={styles.buttons}>
              <button type="button" onClick={close}>
                {runWords.compose.back}
              </button>
              <button
                type="button"
                className="primary"
                disabled={running.isPending || query.isFetching || preview.target_count === 0 || preview.is_below_floor}
                onClick={() => running.mutate(preview.pin)}
              >
                <Play size={15} aria-hidden />
                {runWords.compose.run(preview.target_count)}
              </button>
            </div>
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function Who({ preview }: { readonly preview: Preview }) {
  const { command, target_count: count, targets, skipped_count: left, skipped } = preview;
  return (
    <>
      <pre className={styles.command}>{command}</pre>
      <p>
        <strong>{count === 0 ? runWords.compose.previewNobody : runWords.compose.previewMeans(count)}</strong>{' '}
        <span className={styles.quiet}>
          {targets
            .slice(0, LISTED)
            .map(({ name }) => name)
            .join(', ')}{' '}
          {count > LISTED && runWords.run.andMore(count - LISTED)}
        </span>
      </p>
      {left > 0 && (
        <div className={styles.left}>
          <p>{runWords.compose.previewSkipped(left)}</p>
          <ul>
            {skipped.slice(0, LISTED).map(({ node_id: id, name, reason }) => (
              <li key={id}>
                {name}: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

/** What went wrong there last, and who else is at work there. */
function Beware({ preview }: { readonly preview: Preview }) {
  const { is_below_floor: isBelow, last_failures: failures, also_running: others } = preview;
  return (
    <>
      {isBelow && <p className={styles.changed}>{runWords.compose.belowFloor}</p>}
      {others.length > 0 && (
        <section>
          <h3>{runWords.compose.alsoRunning}</h3>
          <ul>
            {others.slice(0, LISTED).map(({ run_id: run, command, tool, caller, host_count: hosts }) => (
              <li key={run}>
                <Link to="/runs/$run" params={{ run }}>
                  <code>{command ?? tool}</code>
                </Link>{' '}
                {caller} · {runWords.run.hosts(hosts)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {failures.length > 0 && (
        <section>
          <h3>{runWords.compose.lastFailures}</h3>
          <ul>
            {failures.slice(0, LISTED).map(({ node_id: id, name, run_id: run, tool, at, message, outcome }) => (
              <li key={id}>
                {name}:{' '}
                <Link to="/runs/$run" params={{ run }}>
                  {tool}
                </Link>{' '}
                {message ?? outcome} <Moment at={at} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
