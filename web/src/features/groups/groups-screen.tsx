import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Action } from '../../parts/action.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatList, formatNumber } from '../../words/format.ts';
import { phrasesOf } from './condition.ts';
import { CreateGroup } from './create-group.tsx';
import { type Group, groupsQuery } from './queries.ts';

const { columns: titles } = fleetWords.groups;

const COLUMNS: readonly TableColumn<Group>[] = [
  {
    name: 'name',
    title: titles.name,
    cell: ({ id, name }) => (
      <Link to="/groups/$group" params={{ group: id }}>
        {name}
      </Link>
    ),
  },
  {
    name: 'members',
    title: titles.members,
    isNumber: true,
    cell: ({ resolved_member_count: count }) => formatNumber(count),
  },
  { name: 'condition', title: titles.condition, isFlexible: true, cell: ({ selector }) => conditionOf(selector) },
  {
    name: 'pinned',
    title: titles.pinned,
    isNumber: true,
    cell: ({ pinned_members: pinned }) => formatNumber(pinned.length),
  },
  { name: 'created', title: titles.created, cell: ({ created_at: at }) => <Moment at={at} /> },
];

export function GroupsScreen() {
  const query = useQuery(groupsQuery);
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Page
      title={fleetWords.groups.title}
      actions={
        <Action scope="aegis.edge.groups.write" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {fleetWords.groups.create}
        </Action>
      }
    >
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={fleetWords.groups.none} hint={fleetWords.groups.noneHint} />
          ) : (
            <Table label={fleetWords.groups.title} columns={COLUMNS} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
      {isCreating && <CreateGroup close={() => setIsCreating(false)} />}
    </Page>
  );
}

function conditionOf(selector: Group['selector']): string {
  const phrases = phrasesOf(selector);
  return phrases.length === 0 ? fleetWords.groups.everyone : formatList(phrases);
}
