import { useInfiniteQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { words } from '../../words/words.ts';
import { CreateAlias } from './create-alias.tsx';
import { type Alias, aliasesQuery } from './queries.ts';

const { columns: titles } = fleetWords.aliases;

export function AliasesScreen() {
  const query = useInfiniteQuery(aliasesQuery);
  const [isCreating, setIsCreating] = useState(false);
  const [removed, setRemoved] = useState<Alias>();
  const columns: readonly TableColumn<Alias>[] = [
    { name: 'name', title: titles.name, cell: ({ name }) => name },
    { name: 'host', title: titles.host, isFlexible: true, cell: ({ vpn_hostname: host }) => <code>{host}</code> },
    {
      name: 'node',
      title: titles.node,
      cell: ({ node_id: id }) => <a href={`/console/nodes/n-${id}`}>{id.slice(0, 8)}…</a>,
    },
    { name: 'cluster', title: titles.cluster, cell: ({ cluster_name: cluster }) => cluster },
    { name: 'created', title: titles.created, cell: ({ inserted_at: at }) => <Moment at={at} /> },
    {
      name: 'actions',
      title: words.parts.actions,
      isActions: true,
      cell: (alias) => (
        <Action scope="edge-admin.write" look="small" act={() => setRemoved(alias)}>
          {fleetWords.aliases.remove}
        </Action>
      ),
    },
  ];
  return (
    <Page
      title={fleetWords.aliases.title}
      actions={
        <Action scope="edge-admin.write" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {fleetWords.aliases.create}
        </Action>
      }
    >
      <PagedTable
        label={fleetWords.aliases.title}
        query={query}
        rowsOf={({ data }) => data}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<Empty title={fleetWords.aliases.none} hint={fleetWords.aliases.noneHint} />}
      />
      {isCreating && <CreateAlias close={() => setIsCreating(false)} />}
      {removed !== undefined && (
        <Confirm
          title={fleetWords.aliases.removeTitle(removed.name)}
          consequence={fleetWords.aliases.removeHint}
          submit={fleetWords.aliases.remove}
          close={() => setRemoved(undefined)}
          act={() => call('DELETE /api/v1/aliases/{id}', { path: { id: removed.id } })}
          changes={['aliases']}
        />
      )}
    </Page>
  );
}
