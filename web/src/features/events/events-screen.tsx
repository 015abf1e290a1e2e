import { useNavigate, useSearch } from '@tanstack/react-router';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import { Dialog } from '../../parts/dialog.tsx';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { workWords } from '../../words/work.ts';
import styles from './events-screen.module.css';
import type { HappenedEvent } from './follow-events.ts';
import { eventsRoute } from './routes.ts';
import { useEvents } from './use-events.ts';

const words = workWords.events;

export function EventsScreen() {
  const { type } = useSearch({ from: eventsRoute.id });
  const navigate = useNavigate({ from: eventsRoute.fullPath });
  const { events, problem } = useEvents(type);
  const [held, setHeld] = useState<readonly HappenedEvent[]>();
  const [shown, setShown] = useState<HappenedEvent>();
  const rows = held ?? events;
  const columns: readonly TableColumn<HappenedEvent>[] = [
    { name: 'at', title: words.columns.at, cell: ({ time }) => <Moment at={time} /> },
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
      <p className={styles.hint} role="status">
        {held === undefined || events.length === held.length ? words.hint : words.held(events.length - held.length)}
      </p>
      <Filter
        label={words.filter}
        fields={[{ name: 'type', label: words.filter, value: type, placeholder: 'edge.node.*' }]}
        apply={(values) => void navigate({ search: { type: values.type } })}
      />
      {problem !== null && <Failure error={problem} />}
      {problem === null && rows.length === 0 && <Empty title={words.none} hint={words.noneHint} />}
      {rows.length > 0 && <Table label={words.title} columns={columns} rows={rows} keyOf={({ id }) => id} />}
      {shown !== undefined && (
        <Dialog title={shown.type} close={() => setShown(undefined)}>
          <pre className={styles.data}>{JSON.stringify(shown, undefined, 2)}</pre>
        </Dialog>
      )}
    </Page>
  );
}
