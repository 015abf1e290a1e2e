import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Filter } from '../../parts/filter.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { type AuditRow, auditQuery } from './queries.ts';
import { auditRoute } from './routes.ts';
import { Verification } from './verification.tsx';

const { columns: titles } = accessWords.audit;

const COLUMNS: readonly TableColumn<AuditRow>[] = [
  { name: 'position', title: titles.position, isNumber: true, cell: ({ position }) => position },
  { name: 'at', title: titles.at, cell: ({ at }) => <Moment at={at} /> },
  { name: 'who', title: titles.who, cell: ({ subject }) => <code title={subject}>{shortened(subject)}</code> },
  { name: 'action', title: titles.action, cell: ({ action }) => <code>{action}</code> },
  {
    name: 'object',
    title: titles.object,
    isFlexible: true,
    cell: ({ object, facts }) => (
      <span title={JSON.stringify(facts, undefined, 1)}>{object === null ? '–' : <code>{object}</code>}</span>
    ),
  },
  { name: 'address', title: titles.address, cell: ({ address }) => address ?? '–' },
  {
    name: 'outcome',
    title: titles.outcome,
    cell: ({ outcome }) =>
      outcome === 'ok' ? <Status tone="good">{accessWords.audit.ok}</Status> : <Status tone="warn">{outcome}</Status>,
  },
];

export function AuditScreen() {
  const filter = useSearch({ from: auditRoute.id });
  const navigate = useNavigate({ from: auditRoute.fullPath });
  const query = useInfiniteQuery(auditQuery(filter));
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return (
    <Page title={accessWords.audit.title} actions={<Verification />}>
      <Filter
        label={accessWords.audit.filter}
        fields={[
          { name: 'who', label: accessWords.audit.who, value: filter.who },
          { name: 'what', label: accessWords.audit.action, value: filter.what, placeholder: 'host.revoke' },
          { name: 'object', label: accessWords.audit.object, value: filter.object },
        ]}
        apply={({ who, what, object }) => void navigate({ search: { who, what, object } })}
      />
      <PagedTable
        label={accessWords.audit.title}
        query={query}
        rowsOf={({ items }) => items}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty={<Empty title={isFiltered ? accessWords.audit.noMatch : accessWords.audit.none} />}
      />
    </Page>
  );
}

/** Subjects are ids of keys, or names that are as long as an issuer makes them. */
function shortened(subject: string): string {
  return subject.length > 24 ? `${subject.slice(0, 13)}…${subject.slice(-8)}` : subject;
}
