import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { terminalWords } from '../../words/terminals.ts';
import { type TerminalSession, terminalsQuery } from './queries.ts';
import { terminalsRoute } from './routes.ts';
import { TerminalStatus } from './terminal-status.tsx';

const { list: words } = terminalWords;

const COLUMNS: readonly TableColumn<TerminalSession>[] = [
  {
    name: 'node',
    title: words.columns.node,
    isFlexible: true,
    cell: ({ id, node_name: name }) => (
      <Link to="/terminals/$session" params={{ session: id }}>
        {name}
      </Link>
    ),
  },
  {
    name: 'by',
    title: words.columns.by,
    isFlexible: true,
    cell: ({ caller, is_own }) => (is_own ? words.own(caller) : caller),
  },
  { name: 'as', title: words.columns.as, cell: ({ local_user: user }) => user ?? '–' },
  { name: 'what', title: words.columns.what, cell: ({ program }) => program ?? words.shell },
  { name: 'started', title: words.columns.started, cell: ({ started_at: at }) => <Moment at={at} /> },
  { name: 'status', title: words.columns.status, cell: (session) => <TerminalStatus session={session} /> },
  {
    name: 'recorded',
    title: words.columns.recorded,
    cell: ({ recording }) => (recording === null ? words.no : words.yes),
  },
];

/** Who is, or was, connected to which machine. */
export function TerminalsScreen() {
  const { open: openOnly = false } = useSearch({ from: terminalsRoute.id });
  const navigate = useNavigate({ from: terminalsRoute.fullPath });
  const query = useInfiniteQuery(terminalsQuery(openOnly));
  return (
    <Page
      title={words.title}
      actions={
        <label>
          <input
            type="checkbox"
            checked={openOnly}
            onChange={({ target }) => void navigate({ search: { open: target.checked || undefined } })}
          />{' '}
          {words.openOnly}
        </label>
      }
    >
      <PagedTable
        label={words.title}
        query={query}
        rowsOf={({ items }) => items}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        isOver={({ status }) => status === 'ended'}
        empty={<Empty title={words.none} hint={words.noneHint} />}
      />
    </Page>
  );
}
