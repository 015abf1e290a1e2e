import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { Moment } from '../../parts/moment.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Failure } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { words as common } from '../../words/words.ts';
import { waitingNodesQuery } from './queries.ts';

const words = fleetWords.join;

/** Machines with a good certificate that is not known here. Nothing is shown where there are none, or no right to see them. */
export function WaitingNodes() {
  const { data } = useQuery({ ...waitingNodesQuery, retry: false });
  const queries = useQueryClient();
  const admit = useMutation({
    mutationFn: (node_id: string) => call('POST /v1/waiting_nodes/admissions', { body: { node_id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['join'] }),
  });
  if (data === undefined || data.items.length === 0) return null;
  return (
    <Panel title={words.atTheDoor} hint={words.atTheDoorHint}>
      {admit.error !== null && <Failure error={admit.error} />}
      <Table
        label={words.atTheDoor}
        keyOf={({ node_id }) => node_id}
        rows={data.items}
        columns={[
          { name: 'name', title: words.columns.name, isFlexible: true, cell: ({ hostname }) => hostname },
          { name: 'address', title: words.address, cell: ({ address }) => <code>{address}</code> },
          { name: 'seen', title: words.seen, cell: ({ last_seen_at: at }) => <Moment at={at} /> },
          {
            name: 'actions',
            title: common.parts.actions,
            isActions: true,
            cell: ({ node_id }) => (
              <button type="button" className="small" onClick={() => admit.mutate(node_id)}>
                {words.admit}
              </button>
            ),
          },
        ]}
      />
    </Panel>
  );
}
