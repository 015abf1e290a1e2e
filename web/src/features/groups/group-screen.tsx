import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatList, formatNumber } from '../../words/format.ts';
import { nodeWords } from '../../words/nodes.ts';
import { phrasesOf } from './condition.ts';
import { type GroupDetail, groupQuery } from './queries.ts';
import { groupRoute } from './routes.ts';

type Member = GroupDetail['resolved_members'][number];

const { columns: titles } = fleetWords.groups;

const TONES: Readonly<Record<Member['status'], Tone>> = {
  Connected: 'good',
  Unhealthy: 'warn',
  Disconnected: 'calm',
  Revoked: 'bad',
};

const COLUMNS: readonly TableColumn<Member>[] = [
  {
    name: 'name',
    title: nodeWords.nodes.columns.name,
    isFlexible: true,
    cell: ({ node_id: id, name }) => <a href={`/console/nodes/${id}`}>{name}</a>,
  },
  {
    name: 'status',
    title: nodeWords.nodes.columns.status,
    cell: ({ status }) => <Status tone={TONES[status]}>{nodeWords.nodes.status[status]}</Status>,
  },
];

export function GroupScreen() {
  const { group: id } = useParams({ from: groupRoute.id });
  const navigate = useNavigate();
  const query = useQuery(groupQuery(id));
  const [isRemoving, setIsRemoving] = useState(false);
  const name = query.data?.name ?? fleetWords.groups.title;
  return (
    <Page
      title={name}
      actions={
        <Action scope="aegis.edge.groups.write" look="danger" act={() => setIsRemoving(true)}>
          {fleetWords.groups.remove}
        </Action>
      }
    >
      <Loaded query={query}>
        {(group) => (
          <>
            <Facts
              facts={[
                [titles.members, formatNumber(group.resolved_member_count)],
                [titles.condition, formatList(phrasesOf(group.selector)) || fleetWords.groups.everyone],
                [titles.pinned, formatNumber(group.pinned_members.length)],
                [titles.created, <Moment key="made" at={group.created_at} />],
              ]}
            />
            <Panel title={fleetWords.groups.members}>
              {group.resolved_members.length === 0 ? (
                <Empty title={fleetWords.groups.noMembers} />
              ) : (
                <Table
                  label={fleetWords.groups.members}
                  columns={COLUMNS}
                  rows={group.resolved_members}
                  keyOf={({ node_id }) => node_id}
                />
              )}
            </Panel>
          </>
        )}
      </Loaded>
      {isRemoving && (
        <Confirm
          title={fleetWords.groups.removeTitle(name)}
          consequence={fleetWords.groups.removeHint}
          submit={fleetWords.groups.remove}
          typed={name}
          close={() => setIsRemoving(false)}
          act={async () => {
            await call('DELETE /v1/edge/groups/{id}', { path: { id } });
            await navigate({ to: '/groups' });
          }}
          changes={['groups']}
        />
      )}
    </Page>
  );
}
