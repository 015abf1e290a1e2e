import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { Action } from '../../parts/action.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { formatNumber } from '../../words/format.ts';
import { workWords } from '../../words/work.ts';
import { CreateWebhook } from './create-webhook.tsx';
import { type Webhook, webhooksQuery } from './queries.ts';
import { WebhookState } from './webhook-state.tsx';

const words = workWords.webhooks;

const COLUMNS: readonly TableColumn<Webhook>[] = [
  {
    name: 'url',
    title: words.columns.url,
    isFlexible: true,
    cell: ({ id, url }) => (
      <Link to="/webhooks/$webhook" params={{ webhook: id }} search={{ outcome: undefined }}>
        {url}
      </Link>
    ),
  },
  { name: 'state', title: words.columns.state, cell: (webhook) => <WebhookState {...webhook} /> },
  {
    name: 'events',
    title: words.columns.events,
    cell: ({ subscribed_events: types }) => <span title={types.join('\n')}>{words.types(types.length)}</span>,
  },
  {
    name: 'waiting',
    title: words.columns.waiting,
    isNumber: true,
    cell: ({ waiting_events: waiting }) => formatNumber(waiting),
  },
  {
    name: 'failures',
    title: words.columns.failures,
    isNumber: true,
    cell: ({ failures }) => formatNumber(failures),
  },
];

export function WebhooksScreen() {
  const query = useInfiniteQuery(webhooksQuery);
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Page
      title={words.title}
      actions={
        <Action scope="edge-admin.write" look="primary" act={() => setIsCreating(true)}>
          <Plus size={15} aria-hidden />
          {words.create}
        </Action>
      }
    >
      <PagedTable
        label={words.title}
        query={query}
        rowsOf={({ data }) => data}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty title={words.none} hint={words.noneHint} />}
      />
      {isCreating && <CreateWebhook close={() => setIsCreating(false)} />}
    </Page>
  );
}
