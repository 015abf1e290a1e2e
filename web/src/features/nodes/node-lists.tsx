import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { OutcomeStatus } from '../../parts/outcome.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Loaded } from '../../parts/states.tsx';
import { formatDuration } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import styles from './node-lists.module.css';
import { type NodeDetail, nodeAliasesQuery, nodeCertificatesQuery, waitingQuery } from './queries.ts';

export function NodeCommands({ node }: { readonly node: NodeDetail }) {
  const recent = node.recent_commands;
  return (
    <Panel
      title={nodeWords.node.recent}
      actions={
        <Link to="/runs" search={{ node: node.node_id }}>
          {nodeWords.node.runsOf}
        </Link>
      }
    >
      {recent.length === 0 ? (
        <p className={styles.none}>{nodeWords.node.recentNone}</p>
      ) : (
        <ul>
          {recent.map(({ command_id: id, tool, outcome, dispatched_at: at, duration_ms: duration }) => (
            <li key={id} className={styles.command}>
              <OutcomeStatus outcome={outcome} />
              <Link to="/executions/$execution" params={{ execution: id }}>
                {tool}
              </Link>
              <span className={styles.duration}>{duration === null ? '' : formatDuration(duration)}</span>
              <Moment at={at} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

export function WaitingForNode({ id }: { readonly id: string }) {
  const query = useQuery(waitingQuery(id));
  if (query.data?.data.length === 0) return null;
  return (
    <Panel title={nodeWords.node.waiting}>
      <Loaded query={query} rows={2}>
        {({ data }) => (
          <ul>
            {data.map((execution) => (
              <li key={execution.id} className={styles.waiting}>
                <code>{execution.command_id}</code>
                <Moment at={execution.inserted_at} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </Panel>
  );
}

export function NodeCertificate({ id }: { readonly id: string }) {
  const query = useQuery(nodeCertificatesQuery(id));
  return (
    <Panel title={nodeWords.node.certificate}>
      <Loaded query={query} rows={2}>
        {([certificate]) =>
          certificate === undefined ? (
            <p className={styles.none}>{nodeWords.node.certificateNone}</p>
          ) : (
            <Facts
              facts={[
                [nodeWords.node.ends, <Moment key="ends" at={certificate.not_after} />],
                [nodeWords.node.serial, <code key="serial">{certificate.serial}</code>],
              ]}
            />
          )
        }
      </Loaded>
    </Panel>
  );
}

export function NodeAliases({ id }: { readonly id: string }) {
  const query = useQuery(nodeAliasesQuery(id));
  return (
    <Panel title={nodeWords.node.aliases}>
      <Loaded query={query} rows={1}>
        {(aliases) =>
          aliases.length === 0 ? (
            <p className={styles.none}>{nodeWords.node.aliasesNone}</p>
          ) : (
            <ul>
              {aliases.map((alias) => (
                <li key={alias.id}>
                  <code>{alias.name}</code>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
