import type { ReactNode } from 'react';
import { words } from '../words/words.ts';
import { Scrollable } from './scrollable.tsx';
import styles from './table.module.css';

export interface TableColumn<Row> {
  readonly name: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the end of their column. */
  readonly isNumber?: boolean;
  /** Takes what the others leave, and is cut where it is too long. */
  readonly isFlexible?: boolean;
  /** Buttons: the title is read and not seen. */
  readonly isActions?: boolean;
}

interface TableProps<Row> {
  /** What the rows are, for those who do not see where they stand. */
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Whether a row is struck through the list: over, revoked, withdrawn. */
  readonly isOver?: (row: Row) => boolean;
  /** Set while there are further pages. */
  readonly loadMore?: (() => void) | undefined;
}

/** Rows that come by page and fit into a document. What can have thousands of them is a `VirtualTable`. */
export function Table<Row>({ label, columns, rows, keyOf, isOver, loadMore }: TableProps<Row>) {
  return (
    <div className={styles.frame}>
      <Scrollable className={styles.scroll} label={label}>
        <table className={styles.table}>
          <thead>
            <tr>
              {columns.map(({ name, title, isNumber, isActions }) => (
                <th key={name} scope="col" data-number={isNumber}>
                  {isActions ? <span className="hidden-but-read">{title}</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={keyOf(row)} data-over={isOver?.(row) === true ? true : undefined}>
                {columns.map(({ name, cell, isNumber, isFlexible, isActions }) => (
                  <td key={name} data-number={isNumber} data-flexible={isFlexible} data-actions={isActions}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrollable>
      {loadMore !== undefined && (
        <button type="button" className={styles.more} onClick={loadMore}>
          {words.parts.more}
        </button>
      )}
    </div>
  );
}
