import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { useLiveQuery } from '../../feed/use-feed.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { workWords } from '../../words/work.ts';
import styles from './events-screen.module.css';
import { countHeld, type HappenedEvent, newestEventsQuery } from './queries.ts';
import { eventsRoute } from './routes.ts';

const words = workWords.events;
const NONE: readonly HappenedEvent[] = [];

export function EventsScreen() {
  const { type } = useSearch({ from: eventsRoute.id });
  const navigate = useNavigate({ from: eventsRoute.fullPath });
  const options = newestEventsQuery(type);
  const query = useQuery(options);
  useLiveQuery('events', options.queryKey);
  const events = query.data?.items ?? NONE;
  const [held, setHeld] = useState<readonly HappenedEvent[]>();
  const [shown, setShown] = useState<HappenedEvent>();
  const rows = held ?? events;
  const waiting = held === undefined ? 0 : countHeld(events, held);
  const columns: readonly TableColumn<HappenedEvent>[] = [
    { name: 'at', title: words.columns.at, cell: ({ at }) => <Moment at={at} /> },
    {
      name: 'type',
      title: words.columns.type,
      cell: (event) => (
        <button type="button" className="link" onClick={() => setShown(event)}>
          <code>{event.type}</code>
        </button>
      ),
    },
    { name: 'subject', title: words.columns.subject, isFlexible: true, cell: ({ subject }) => <code>{subject}</code> },
  ];
  return (
    <Page
      title={words.title}
      actions={
        <button type="button" onClick={() => setHeld(held === undefined ? events : undefined)}>
          {held === undefined ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
          {held === undefined ? words.pause : words.resume}
        </button>
      }
    >
      <Filter
        label={words.filter}
        fields={[{ name: 'type', label: words.filter, value: type, placeholder: 'edge.node.*' }]}
        apply={(values) => void navigate({ search: { type: values.type } })}
      />
      <Loaded query={query}>
        {() =>
          rows.length === 0 ? (
            <Empty title={type === undefined ? words.none : words.noMatch} hint={words.noneHint} />
          ) : (
            <>
              <p className={styles.hint} role="status">
                {waiting === 0 ? words.hint(rows.length) : words.held(waiting)}
              </p>
              <Table label={words.title} columns={columns} rows={rows} keyOf={({ id }) => id} />
            </>
          )
        }
      </Loaded>
      {shown !== undefined && (
        <Dialog title={shown.type} close={() => setShown(undefined)}>
          <pre className={styles.data}>{JSON.stringify(shown, undefined, 2)}</pre>
        </Dialog>
      )}
    </Page>
  );
}
