import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Switch } from '../../parts/switch.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { accessWords } from '../../words/access.ts';
import { Authorities } from './authorities.tsx';
import { type Certificate, certificatesQuery } from './queries.ts';
import { certificatesRoute } from './routes.ts';

/** Certificates of nodes are renewed with a third of their life left; what is nearer to its end than this was not. */
const SOON_MS = 7 * 86_400_000;

const { columns: titles } = accessWords.certificates;

const COLUMNS: readonly TableColumn<Certificate>[] = [
  { name: 'ends', title: titles.ends, cell: ({ not_after }) => <Moment at={not_after} /> },
  { name: 'state', title: titles.state, cell: (certificate) => <CertificateState {...certificate} /> },
  {
    name: 'subject',
    title: titles.subject,
    isFlexible: true,
    cell: ({ subject }) => <span title={subject}>{subject.replace(/^CN=/, '')}</span>,
  },
  { name: 'purpose', title: titles.purpose, cell: ({ purpose }) => accessWords.certificates.purposes[purpose] },
  { name: 'serial', title: titles.serial, cell: ({ serial }) => <code title={serial}>{serial.slice(0, 16)}…</code> },
];

export function CertificatesScreen() {
  const { old } = useSearch({ from: certificatesRoute.id });
  const navigate = useNavigate({ from: certificatesRoute.fullPath });
  const query = useInfiniteQuery(certificatesQuery(old === true));
  return (
    <Page
      title={accessWords.certificates.title}
      actions={
        <Switch isOn={old === true} turn={(isOn) => void navigate({ search: { old: isOn ? true : undefined } })}>
          {accessWords.certificates.withOld}
        </Switch>
      }
    >
      <PagedTable
        label={accessWords.certificates.title}
        query={query}
        rowsOf={({ items }) => items}
        columns={COLUMNS}
        keyOf={({ serial }) => serial}
        isOver={(one) => one.revoked_at !== null || Date.parse(one.not_after) <= Date.now()}
        empty={<Empty title={accessWords.certificates.none} />}
      />
      <Panel title={accessWords.certificates.authorities}>
        <Authorities />
      </Panel>
    </Page>
  );
}

function CertificateState({ revoked_at, revocation_reason, not_after }: Certificate) {
  const left = Date.parse(not_after) - Date.now();
  if (revoked_at !== null)
    return (
      <span title={revocation_reason ?? undefined}>
        <Status tone="calm" picture="barred">
          {accessWords.certificates.revoked}
        </Status>
      </span>
    );
  if (left <= 0)
    return (
      <Status tone="bad" picture="late">
        {accessWords.certificates.ended}
      </Status>
    );
  return left < SOON_MS ? (
    <Status tone="warn">{accessWords.certificates.soon}</Status>
  ) : (
    <Status tone="good">{accessWords.certificates.good}</Status>
  );
}
