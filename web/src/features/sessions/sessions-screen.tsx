import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { words as common } from '../../words/words.ts';
import { endSession, type ListedSession, sessionsQuery } from './queries.ts';

const words = accessWords.sessions;

/** Browsers that are signed in to this tenant. */
export function SessionsScreen() {
  const query = useQuery(sessionsQuery);
  const [ended, setEnded] = useState<ListedSession>();
  const columns: readonly TableColumn<ListedSession>[] = [
    {
      name: 'who',
      title: words.columns.who,
      isFlexible: true,
      cell: ({ name, is_own }) => (is_own ? `${name} (${words.thisOne})` : name),
    },
    { name: 'began', title: words.columns.began, cell: ({ created_at: at }) => <Moment at={at} /> },
    { name: 'used', title: words.columns.used, cell: ({ last_used_at: at }) => <Moment at={at} /> },
    { name: 'ends', title: words.columns.ends, cell: ({ expires_at: at }) => <Moment at={at} /> },
    {
      name: 'actions',
      title: common.parts.actions,
      isActions: true,
      cell: (session) => (
        <button type="button" className="small" onClick={() => setEnded(session)}>
          {words.end}
        </button>
      ),
    },
  ];
  return (
    <Page title={words.title}>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={words.none} />
          ) : (
            <Table label={words.title} columns={columns} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
      {ended !== undefined && (
        <Confirm
          title={words.endTitle}
          consequence={words.endHint}
          submit={words.end}
          close={() => setEnded(undefined)}
          act={() => endSession(ended.id)}
          changes={['sessions', 'session']}
        />
      )}
    </Page>
  );
}
