import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { Empty, Loaded } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { formatBytes } from '../../words/format.ts';
import { words as common } from '../../words/words.ts';
import { workWords } from '../../words/work.ts';
import { type Artifact, addressHere, artifactsQuery, type Dispatch, isOver } from './queries.ts';

const words = workWords.dispatches;
const { artifactColumns: titles } = words;

const COLUMNS: readonly TableColumn<Artifact>[] = [
  { name: 'name', title: titles.name, cell: ({ key }) => key },
  { name: 'type', title: titles.type, cell: ({ type }) => type },
  { name: 'size', title: titles.size, isNumber: true, cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
  { name: 'hash', title: titles.hash, isFlexible: true, cell: ({ sha256 }) => <code title={sha256}>{sha256}</code> },
  {
    name: 'actions',
    title: common.parts.actions,
    isActions: true,
    cell: ({ key, url }) => (
      <a href={addressHere(url)} download={key} aria-label={words.download(key)}>
        <Download size={16} aria-hidden />
      </a>
    ),
  },
];

/** Files that it left behind. Their addresses are good for an hour. */
export function Artifacts({ dispatch }: { readonly dispatch: Dispatch }) {
  const query = useQuery({ ...artifactsQuery(dispatch.dispatchId), enabled: isOver(dispatch) });
  if (!isOver(dispatch)) return <Empty title={words.noArtifacts} />;
  return (
    <Loaded query={query} rows={3}>
      {(artifacts) =>
        artifacts.length === 0 ? (
          <Empty title={words.noArtifacts} />
        ) : (
          <Table label={words.artifacts} columns={COLUMNS} rows={artifacts} keyOf={({ key }) => key} />
        )
      }
    </Loaded>
  );
}
