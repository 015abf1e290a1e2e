import type { InfiniteData } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loaded } from './states.tsx';
import { Table, type TableColumn } from './table.tsx';

interface PagedTableProps<Answer, Row> {
  readonly label: string;
  readonly query: {
    readonly data: InfiniteData<Answer, unknown> | undefined;
    readonly error: unknown;
    readonly refetch: () => unknown;
    readonly hasNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
  readonly rowsOf: (answer: Answer) => readonly Row[];
  readonly columns: readonly TableColumn<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly isOver?: (row: Row) => boolean;
  /** In place of a table without rows. */
  readonly empty: ReactNode;
}

/** A list that comes by page, in whatever state it is. */
export function PagedTable<Answer, Row>({ query, rowsOf, empty, ...table }: PagedTableProps<Answer, Row>) {
  return (
    <Loaded query={query}>
      {({ pages }) => {
        const rows = pages.flatMap(rowsOf);
        if (rows.length === 0) return empty;
        return (
          <Table {...table} rows={rows} loadMore={query.hasNextPage ? () => void query.fetchNextPage() : undefined} />
        );
      }}
    </Loaded>
  );
}
