import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Action } from '../../parts/action.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useVisited } from '../../parts/recent.ts';
import { Loaded } from '../../parts/states.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { ChangeTags } from './change-tags.tsx';
import { FilesDialog } from './files-dialog.tsx';
import { EndNode, type NodeEnd, RenameNode } from './node-acts.tsx';
import { NodeHistory } from './node-history.tsx';
import { NodeAliases, NodeCertificate, NodeCommands, WaitingForNode } from './node-lists.tsx';
import { NodeMetrics } from './node-metrics.tsx';
import styles from './node-screen.module.css';
import { NodeStatus } from './node-status.tsx';
import { type NodeDetail, nodeNetworkQuery, nodeQuery } from './queries.ts';

export function NodeScreen() {
  const { node: id } = useParams({ from: '/nodes/$node' });
  const query = useQuery(nodeQuery(id));
  useLiveQuery('nodes', nodeQuery(id).queryKey);
  useVisited(`/nodes/${id}`, query.data?.name);
  return (
    <Page
      title={query.data?.name ?? nodeWords.nodes.title}
      beside={query.data && <NodeStatus status={query.data.status} />}
      actions={query.data && <NodeActions node={query.data} />}
    >
      <Loaded query={query}>{(node) => <NodePanels node={node} />}</Loaded>
    </Page>
  );
}

function NodePanels({ node }: { readonly node: NodeDetail }) {
  return (
    <>
      {node.status === 'Disconnected' && (
        <p role="status" className={styles.away}>
          {nodeWords.node.away} {nodeWords.node.awaySince} <Moment at={node.last_heartbeat_at} />.
        </p>
      )}
      {node.status === 'Revoked' && (
        <p role="status" className={styles.away}>
          {nodeWords.node.isRevoked}
        </p>
      )}
      <div className={styles.columns}>
        <div className={styles.column}>
          <AboutNode node={node} />
          <NodeAliases id={node.node_id} />
          <NodeCertificate id={node.node_id} />
        </div>
        <div className={styles.column}>
          <NodeMetrics id={node.node_id} />
          <NodeHistory id={node.node_id} />
          <WaitingForNode id={node.node_id} />
          <NodeCommands node={node} />
        </div>
      </div>
    </>
  );
}

function AboutNode({ node }: { readonly node: NodeDetail }) {
  const { os, arch, version, labels, mount_points: mounts, local_tools: programs } = node.capabilities;
  const { data: network } = useQuery(nodeNetworkQuery(node.node_id));
  return (
    <Panel title={nodeWords.node.facts}>
      <Facts
        facts={[
          [nodeWords.node.id, <CopyText key="id" text={node.node_id} label={nodeWords.node.id} />],
          [nodeWords.node.since, <Moment key="since" at={node.since} />],
          [nodeWords.node.seen, <Moment key="seen" at={node.last_heartbeat_at} />],
          [nodeWords.node.joined, <Moment key="joined" at={node.enrolled_at} as="full" />],
          [nodeWords.node.system, [os, arch].filter(Boolean).join(' ')],
          [nodeWords.node.version, version],
          [nodeWords.node.cluster, network?.data.cluster_name],
          [nodeWords.node.tags, node.tags.join(', ')],
          [
            nodeWords.node.labels,
            Object.entries(labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(', '),
          ],
          [nodeWords.node.mounts, mounts.join(', ')],
        ]}
      />
      {programs.length > 0 && (
        <details>
          <summary>{nodeWords.node.programs}</summary>
          <p className={styles.programs}>{programs.join(' ')}</p>
        </details>
      )}
    </Panel>
  );
}

type Shown = 'files' | 'tags' | 'rename' | NodeEnd;

function NodeActions({ node }: { readonly node: NodeDetail }) {
  const [dialog, setDialog] = useState<Shown>();
  const close = () => setDialog(undefined);
  return (
    <>
      <Link to="/nodes/$node/terminal" params={{ node: node.node_id }} search={{}} className="button">
        {nodeWords.node.terminal}
      </Link>
      <button type="button" onClick={() => setDialog('files')}>
        {nodeWords.node.files}
      </button>
      <Action scope="aegis.edge.hosts.write" act={() => setDialog('rename')}>
        {nodeWords.node.rename}
      </Action>
      <Action scope="aegis.edge.hosts.write" act={() => setDialog('tags')}>
        {nodeWords.node.editTags}
      </Action>
      {node.status !== 'Revoked' && (
        <Action scope="aegis.edge.hosts.write" look="danger" act={() => setDialog('revoke')}>
          {nodeWords.node.revoke}
        </Action>
      )}
      <Action scope="edge-admin.write" look="danger" act={() => setDialog('remove')}>
        {nodeWords.node.remove}
      </Action>
      <Link to="/run" search={{ on: `@${node.node_id}` }} className="button primary">
        {nodeWords.node.run}
      </Link>
      {dialog === 'files' && <FilesDialog node={node} close={close} />}
      {dialog === 'tags' && (
        <ChangeTags
          selection={{ kind: 'some', ids: new Set([node.node_id]) }}
          target={{ Node: node.node_id }}
          count={1}
          close={close}
        />
      )}
      {dialog === 'rename' && <RenameNode node={node} close={close} />}
      {(dialog === 'revoke' || dialog === 'remove') && <EndNode node={node} end={dialog} close={close} />}
    </>
  );
}
