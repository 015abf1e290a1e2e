import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { CopyText } from '../../parts/copy-text.tsx';
import { Moment } from '../../parts/moment.tsx';
import { Page } from '../../parts/page.tsx';
import { PagedTable } from '../../parts/paged-table.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { formatBytes } from '../../words/format.ts';
import { type Release, releaseKeyQuery, releasesQuery } from './queries.ts';
import { Updates } from './updates.tsx';

const words = fleetWords.releases;

const COLUMNS: readonly TableColumn<Release>[] = [
  { name: 'version', title: words.columns.version, cell: ({ version }) => version },
  { name: 'kind', title: words.columns.kind, cell: ({ kind }) => words.kinds[kind] },
  { name: 'platform', title: words.columns.platform, cell: ({ platform }) => platform },
  {
    name: 'size',
    title: words.columns.size,
    isNumber: true,
    cell: ({ size_bytes: bytes }) => formatBytes(bytes),
  },
  { name: 'by', title: words.columns.by, isFlexible: true, cell: ({ published_by: by }) => by },
  { name: 'at', title: words.columns.at, cell: (release) => <Published {...release} /> },
];

/** Which there are, and which nodes were brought to them. Published and withdrawn with the master key, which no browser has. */
export function ReleasesScreen() {
  const query = useInfiniteQuery(releasesQuery);
  return (
    <Page title={words.title}>
      <Panel title={words.releases}>
        <PagedTable
          label={words.releases}
          query={query}
          rowsOf={({ items }) => items}
          columns={COLUMNS}
          keyOf={({ id }) => id}
          isOver={({ withdrawn_at: at }) => at !== null}
          empty={
            <Empty title={words.none} hint={words.noneHint}>
              <CopyText text="garrison releases publish BUNDLE" label={words.releases} />
            </Empty>
          }
        />
        <p>{words.masterOnly}</p>
      </Panel>
      <Panel title={words.updates}>
        <Updates />
      </Panel>
      <Panel title={words.key}>
        <SigningKey />
      </Panel>
    </Page>
  );
}

function Published({ published_at, withdrawn_at }: Release) {
  if (withdrawn_at !== null) return words.withdrawn;
  return published_at === null ? words.announced : <Moment at={published_at} />;
}

function SigningKey() {
  const query = useQuery(releaseKeyQuery);
  return (
    <Loaded query={query} rows={1}>
      {(key) => (key === null ? <p>{words.noKey}</p> : <CopyText text={key.public_key} label={words.key} />)}
    </Loaded>
  );
}
