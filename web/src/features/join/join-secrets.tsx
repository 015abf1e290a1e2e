import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatNumber } from '../../words/format.ts';
import { words as common } from '../../words/words.ts';
import { type EnrollmentKey, enrollmentKeysQuery, type Token, tokensQuery } from './queries.ts';

const words = fleetWords.join;
const { columns: titles } = words;

type Withdrawn = { readonly name: string; readonly act: () => Promise<unknown> };

/** Keys for several machines first, then tokens for one. None of them is shown again. */
export function JoinSecrets() {
  const keys = useInfiniteQuery(enrollmentKeysQuery);
  const tokens = useInfiniteQuery(tokensQuery);
  const [withdrawn, setWithdrawn] = useState<Withdrawn>();
  return (
    <>
      <PagedTable
        label={words.many}
        query={keys}
        rowsOf={({ data }) => data}
        columns={keyColumns(setWithdrawn)}
        keyOf={({ id }) => id}
        isOver={({ expired_at, uses_remaining }) => isPast(expired_at) || uses_remaining === 0}
        empty={<Empty title={words.noKeys} />}
      />
      <PagedTable
        label={words.once}
        query={tokens}
        rowsOf={({ items }) => items}
        columns={tokenColumns(setWithdrawn)}
        keyOf={({ id }) => id}
        isOver={(token) => stateOf(token) !== undefined}
        empty={null}
      />
      {withdrawn !== undefined && (
        <Confirm
          title={words.withdrawTitle(withdrawn.name)}
          consequence={words.withdrawHint}
          submit={words.withdraw}
          close={() => setWithdrawn(undefined)}
          act={withdrawn.act}
          changes={['join']}
        />
      )}
    </>
  );
}

function keyColumns(withdraw: (one: Withdrawn) => void): readonly TableColumn<EnrollmentKey>[] {
  return [
    { name: 'name', title: titles.name, isFlexible: true, cell: ({ name }) => name ?? words.nameless },
    { name: 'cluster', title: titles.cluster, cell: ({ cluster_name: cluster }) => cluster },
    {
      name: 'uses',
      title: titles.uses,
      isNumber: true,
      cell: ({ uses_remaining: uses }) => (uses === null ? words.unlimited : formatNumber(uses)),
    },
    { name: 'tags', title: titles.tags, cell: ({ tags }) => tags.join(', ') },
    {
      name: 'expires',
      title: titles.expires,
      cell: ({ expired_at: at }) => (at === null ? common.parts.never : <Moment at={at} />),
    },
    { name: 'used', title: titles.used, cell: ({ last_used_at: at }) => <Moment at={at} /> },
    {
      name: 'actions',
      title: common.parts.actions,
      isActions: true,
      cell: ({ id, name }) => (
        <Action
          scope="edge-admin.write"
          look="small"
          act={() =>
            withdraw({
              name: name ?? words.nameless,
              act: () => call('DELETE /api/v1/enrollment_keys/{id}', { path: { id } }),
            })
          }
        >
          {words.withdraw}
        </Action>
      ),
    },
  ];
}

function tokenColumns(withdraw: (one: Withdrawn) => void): readonly TableColumn<Token>[] {
  return [
    { name: 'name', title: words.once, isFlexible: true, cell: ({ name }) => name ?? words.nameless },
    { name: 'tags', title: titles.tags, cell: ({ tags }) => tags.join(', ') },
    {
      name: 'expires',
      title: titles.expires,
      cell: (token) => stateOf(token) ?? <Moment at={token.expires_at} />,
    },
    { name: 'used', title: titles.used, cell: ({ redeemed_at: at }) => <Moment at={at} /> },
    {
      name: 'actions',
      title: common.parts.actions,
      isActions: true,
      cell: (token) =>
        stateOf(token) === undefined && (
          <Action
            scope="aegis.edge.enroll"
            look="small"
            act={() =>
              withdraw({
                name: token.name ?? words.nameless,
                act: () => call('DELETE /v1/edge/enrollment-tokens/{token_id}', { path: { token_id: token.id } }),
              })
            }
          >
            {words.withdraw}
          </Action>
        ),
    },
  ];
}

/** Undefined while a machine can still join with it. */
function stateOf({ redeemed_at, withdrawn_at, expires_at }: Token): string | undefined {
  if (redeemed_at !== null) return words.redeemed;
  if (withdrawn_at !== null) return words.withdrawn;
  return isPast(expires_at) ? words.ended : undefined;
}

function isPast(at: string | null): boolean {
  return at !== null && Date.parse(at) <= Date.now();
}
