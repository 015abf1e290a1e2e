import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { formatNumber } from '../../words/format.ts';
import { workWords } from '../../words/work.ts';
import { Artifacts } from './artifacts.tsx';
import { Attempts } from './attempts.tsx';
import { Changes } from './changes.tsx';
import styles from './dispatch.module.css';
import { DispatchLog } from './dispatch-log.tsx';
import { DispatchMoves } from './dispatch-moves.tsx';
import { DispatchStatus } from './dispatch-status.tsx';
import { costOf, tokensOf, tookOf } from './figures.ts';
import { Judgement } from './judgement.tsx';
import { Phases } from './phases.tsx';
import { type Dispatch, dispatchQuery } from './queries.ts';
import { dispatchRoute } from './routes.ts';

const words = workWords.dispatches;

export function DispatchScreen() {
  const { dispatch: id } = useParams({ from: dispatchRoute.id });
  const query = useQuery(dispatchQuery(id));
  return (
    <Page
      title={id}
      beside={query.data && <DispatchStatus status={query.data.status} />}
      actions={query.data && <DispatchMoves dispatch={query.data} />}
    >
      <Loaded query={query}>{(dispatch) => <Told dispatch={dispatch} />}</Loaded>
    </Page>
  );
}

function Told({ dispatch }: { readonly dispatch: Dispatch }) {
  const { dispatchId: id, task, errorMessage, errorCode, cancelReason, attemptGroup, judge, judgement } = dispatch;
  const why = errorMessage ?? cancelReason;
  return (
    <>
      <p className={styles.task}>{task}</p>
      {why !== null && (
        <p className={styles.why}>
          <strong>{words.why}:</strong> {why} {errorCode !== null && <code>{errorCode}</code>}
        </p>
      )}
      <Facts facts={factsOf(dispatch)} />
      <Panel title={words.phases}>
        <Phases dispatch={dispatch} />
      </Panel>
      {attemptGroup !== null && (
        <Panel title={words.attemptsTitle}>
          <Attempts attemptGroup={attemptGroup} current={id} />
        </Panel>
      )}
      {judge !== null && judgement !== null && (
        <Panel title={words.judge}>
          <Judgement judge={judge} judgement={judgement} />
        </Panel>
      )}
      <Panel title={words.changes}>
        <Changes dispatch={dispatch} />
      </Panel>
      <Panel title={words.log}>
        <DispatchLog dispatch={dispatch} />
      </Panel>
      <Panel title={words.artifacts}>
        <Artifacts dispatch={dispatch} />
      </Panel>
    </>
  );
}

function factsOf(dispatch: Dispatch): Parameters<typeof Facts>[0]['facts'] {
  const { agent, modelId, repo, branch, nodeId, createdAt, createdBy, usage, exitCode } = dispatch;
  const tokens = tokensOf(dispatch);
  return [
    [words.facts.agent, agent],
    [words.facts.model, modelId],
    [words.facts.repo, repo],
    [words.facts.branch, repo === null ? null : branch],
    [
      words.facts.node,
      nodeId && (
        <a key="node" href={`/console/nodes/n-${nodeId}`}>
          {nodeId.slice(0, 8)}…
        </a>
      ),
    ],
    [words.facts.sent, <Moment key="sent" at={createdAt} />],
    [words.facts.by, createdBy.length > 24 ? `${createdBy.slice(0, 13)}…` : createdBy],
    [words.facts.took, tookOf(dispatch)],
    [words.facts.calls, usage && formatNumber(usage.modelCalls)],
    [words.facts.tokens, tokens > 0 && formatNumber(tokens)],
    [words.facts.cost, costOf(dispatch) ?? (tokens > 0 && words.costUnknown)],
    [words.facts.exit, exitCode === null ? null : String(exitCode)],
  ];
}
