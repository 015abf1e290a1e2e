import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { formatDuration } from '../../words/format.ts';
import { words as common } from '../../words/words.ts';
import { workWords } from '../../words/work.ts';
import { type Delivery, deliveriesQuery } from './queries.ts';
import { webhookRoute } from './routes.ts';

const words = workWords.webhooks;
const { deliveryColumns: titles } = words;

const TONES: Readonly<Record<Delivery['outcome'], Tone>> = {
  delivered: 'good',
  refused: 'bad',
  failed: 'warn',
  exhausted: 'bad',
  outdated: 'calm',
  forgotten: 'calm',
};

/** Every attempt to deliver, with what the receiver said. */
export function Deliveries({ webhook }: { readonly webhook: string }) {
  const { outcome } = useSearch({ from: webhookRoute.id });
  const navigate = useNavigate({ from: webhookRoute.fullPath });
  const query = useInfiniteQuery(deliveriesQuery(webhook, outcome));
  const queries = useQueryClient();
  const [shown, setShown] = useState<Delivery>();
  const replay = useMutation({
    mutationFn: (event_id: string) =>
      call('POST /api/v1/webhooks/{id}/redeliver', { path: { id: webhook }, body: { event_id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  const columns: readonly TableColumn<Delivery>[] = [
    {
      name: 'at',
      title: titles.at,
      cell: (delivery) => (
        <button type="button" className="link" onClick={() => setShown(delivery)}>
          <Moment at={delivery.inserted_at} />
        </button>
      ),
    },
    { name: 'outcome', title: titles.outcome, cell: (delivery) => <Outcome {...delivery} /> },
    { name: 'type', title: titles.type, isFlexible: true, cell: ({ event_type: type }) => <code>{type}</code> },
    { name: 'attempt', title: titles.attempt, isNumber: true, cell: ({ attempt }) => attempt },
    { name: 'status', title: titles.status, isNumber: true, cell: ({ status, word }) => status ?? word },
    {
      name: 'took',
      title: titles.took,
      isNumber: true,
      cell: ({ duration_ms: ms }) => (ms === null ? '–' : formatDuration(ms)),
    },
    {
      name: 'next',
      title: titles.next,
      cell: ({ next_attempt_at: at }) => <Moment at={at !== null && Date.parse(at) > Date.now() ? at : null} />,
    },
    {
      name: 'actions',
      title: common.parts.actions,
      isActions: true,
      cell: ({ event_id: event }) => (
        <Action scope="edge-admin.write" look="small" act={() => replay.mutate(event)}>
          {words.replay}
        </Action>
      ),
    },
  ];
  return (
    <>
      <Filter
        label={words.deliveries}
        fields={[
          {
            name: 'outcome',
            label: words.outcomeFilter,
            value: outcome,
            options: Object.entries(words.outcomes),
          },
        ]}
        apply={(values) => void navigate({ search: { outcome: values.outcome as Delivery['outcome'] | undefined } })} // of the options
      />
      {replay.error !== null && <Failure error={replay.error} />}
      <PagedTable
        label={words.deliveries}
        query={query}
        rowsOf={({ data }) => data}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<Empty title={words.noDeliveries} />}
      />
      {shown !== undefined && (
        <Dialog title={words.columns.state} close={() => setShown(undefined)}>
          <DeliveryFacts {...shown} />
        </Dialog>
      )}
    </>
  );
}

function Outcome({ outcome }: Delivery) {
  return <Status tone={TONES[outcome]}>{words.outcomes[outcome]}</Status>;
}

function DeliveryFacts(delivery: Delivery) {
  const { event_id, event_type, subject, word, status, answer, attempt, inserted_at } = delivery;
  return (
    <Facts
      facts={[
        [titles.at, <Moment key="at" at={inserted_at} as="full" />],
        [titles.outcome, <Outcome key="outcome" {...delivery} />],
        [words.word, word],
        [titles.attempt, String(attempt)],
        [titles.status, status === null ? null : String(status)],
        [titles.type, <code key="type">{event_type}</code>],
        [words.event, <code key="event">{event_id}</code>],
        [words.subject, <code key="subject">{subject}</code>],
        [words.answer, answer && <code key="answer">{answer}</code>],
      ]}
    />
  );
}
