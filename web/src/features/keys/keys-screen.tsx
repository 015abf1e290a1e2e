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
import { Status } from '../../parts/status.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { words } from '../../words/words.ts';
import { CreateKey } from './create-key.tsx';
import { type Key, keysQuery } from './queries.ts';

const { columns: titles } = accessWords.accessKeys;

export function KeysScreen() {
  const query = useInfiniteQuery(keysQuery);
  const [isCreating, setIsCreating] = useState(false);
  const [revoked, setRevoked] = useState<Key>();
  const columns: readonly TableColumn<Key>[] = [
    {
      name: 'name',
      title: titles.name,
      isFlexible: true,
      cell: ({ name, hint }) => (
        <>
          {name} <code>…{hint}</code>
        </>
      ),
    },
    { name: 'kind', title: titles.kind, cell: ({ kind }) => accessWords.accessKeys.kinds[kind] },
    { name: 'scopes', title: titles.scopes, cell: (key) => <Scopes {...key} /> },
    { name: 'used', title: titles.used, cell: (key) => <Moment at={key.last_used_at} /> },
    {
      name: 'expires',
      title: titles.expires,
      cell: (key) => (key.expires_at === null ? words.parts.never : <Moment at={key.expires_at} />),
    },
    { name: 'state', title: titles.state, cell: (key) => <KeyState {...key} /> },
    {
      name: 'actions',
      title: words.parts.actions,
      isActions: true,
      cell: (key) =>
        key.revoked_at === null && (
          <Action scope="keys.manage" look="small" act={() => setRevoked(key)}>
            {accessWords.accessKeys.revoke}
          </Action>
        ),
    },
  ];
  return (
    <Page
      title={accessWords.accessKeys.title}
      actions={
        <Action scope="keys.manage" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {accessWords.accessKeys.create}
        </Action>
      }
    >
      <PagedTable
        label={accessWords.accessKeys.title}
        query={query}
        rowsOf={({ items }) => items}
        columns={columns}
        keyOf={({ id }) => id}
        isOver={(key) => stateOf(key) !== 'active'}
        empty={<Empty title={accessWords.accessKeys.none} />}
      />
      {isCreating && <CreateKey close={() => setIsCreating(false)} />}
      {revoked !== undefined && (
        <Confirm
          title={accessWords.accessKeys.revokeTitle(revoked.name)}
          consequence={accessWords.accessKeys.revokeHint}
          submit={accessWords.accessKeys.revoke}
          typed={revoked.name}
          close={() => setRevoked(undefined)}
          act={() => call('DELETE /v1/keys/{key_id}', { path: { key_id: revoked.id } })}
          changes={['keys']}
        />
      )}
    </Page>
  );
}

function Scopes({ scopes }: Key) {
  if (scopes.length === 0) return accessWords.accessKeys.everything;
  if (scopes.length === 1) return <code>{scopes[0]}</code>;
  return <span title={scopes.join('\n')}>{accessWords.accessKeys.scopes(scopes.length)}</span>;
}

function stateOf({ revoked_at, expires_at }: Key): 'active' | 'revoked' | 'ended' {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= Date.now() ? 'ended' : 'active';
}

function KeyState(key: Key) {
  const state = stateOf(key);
  if (state === 'active') return <Status tone="good">{accessWords.accessKeys.active}</Status>;
  return (
    <Status tone="calm" picture={state === 'revoked' ? 'barred' : 'late'}>
      {accessWords.accessKeys[state]}
    </Status>
  );
}
