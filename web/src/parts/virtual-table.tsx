import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type CSSProperties, memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useKeys } from '../keys/use-keys.ts';
import { words } from '../words/words.ts';
import styles from './virtual-table.module.css';

export interface Column<Row> {
  readonly name: string;
  readonly title: string;
  /** A track of a CSS grid. */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isSortable?: boolean;
  readonly isNumber?: boolean;
}

export interface Sorting {
  readonly by: string;
  readonly isDescending: boolean;
  readonly change: (by: string, isDescending: boolean) => void;
}

export interface Selection {
  readonly has: (key: string) => boolean;
  readonly toggle: (key: string) => void;
}

interface VirtualTableProps<Row> {
  /** What a screen reader calls it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** How many there are, when that is known. */
  readonly total?: number | undefined;
  /** Called when the end comes near; undefined when there is no more, or when more is on its way. */
  readonly loadMore?: (() => void) | undefined;
  readonly open?: ((row: Row) => void) | undefined;
  readonly selection?: Selection | undefined;
  readonly sorting?: Sorting | undefined;
}

const ROW_PX = 34;
const CLOSE_TO_THE_END = 20;

/**
 * Rows of a list of any length; only those in sight are on the page. One row takes part in the order of the tab key, and
 * j, k, x and Enter move, choose and open it.
 */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, columns, rows, keyOf, total, loadMore, open, selection, sorting } = props;
  const body = useRef<HTMLDivElement>(null);
  const [offset, setOffset] = useState(0);
  const [active, setActive] = useState(0);
  useLayoutEffect(() => {
    setOffset((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: offset,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : keyOf(row);
    },
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - CLOSE_TO_THE_END) loadMore?.();
  }, [last, rows.length, loadMore]);

  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, active + by));
    setActive(next);
    virtual.scrollToIndex(next);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus());
  };
  const activeRow = rows[active];
  useKeys([
    {
      keys: 'j',
      what: words.keys.down,
      run: () => move(document.activeElement?.hasAttribute('data-index') === true ? 1 : 0),
    },
    { keys: 'k', what: words.keys.up, run: () => move(-1) },
    ...(selection === undefined
      ? []
      : [
          {
            keys: 'x',
            what: words.keys.select,
            run: () => activeRow !== undefined && selection.toggle(keyOf(activeRow)),
          },
        ]),
    ...(open === undefined
      ? []
      : [{ keys: 'Enter', what: words.keys.open, run: () => activeRow !== undefined && open(activeRow) }]),
  ]);

  const template = [...(selection === undefined ? [] : ['2.25rem']), ...columns.map(({ width }) => width)].join(' ');
  return (
    <div role="grid" aria-label={label} aria-rowcount={total === undefined ? -1 : total + 1} className={styles.table}>
      <div role="rowgroup" className={styles.head}>
        <div role="row" aria-rowindex={1} className={styles.row} style={{ gridTemplateColumns: template }}>
          {selection !== undefined && (
            <span role="columnheader" className={styles.cell}>
              <span className="hidden-but-read">{words.keys.select}</span>
            </span>
          )}
          {columns.map((column) => (
            <Heading key={column.name} column={column} sorting={sorting} />
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={body} className={styles.body} style={{ height: virtual.getTotalSize() }}>
        {shown.map(({ index, start, key }) => {
          const row = rows[index];
          return row === undefined ? null : (
            <Row
              key={key}
              row={row}
              rowKey={keyOf(row)}
              index={index}
              columns={columns}
              style={{ gridTemplateColumns: template, transform: `translateY(${start - offset}px)` }}
              isActive={index === active}
              isSelected={selection?.has(keyOf(row))}
              toggle={selection?.toggle}
              activate={setActive}
            />
          );
        })}
      </div>
    </div>
  );
}

function Heading<Row>({ column, sorting }: { readonly column: Column<Row>; readonly sorting: Sorting | undefined }) {
  const { name, title, isSortable, isNumber } = column;
  if (isSortable !== true || sorting === undefined) {
    return (
      <span role="columnheader" className={styles.cell} data-number={isNumber}>
        {title}
      </span>
    );
  }
  const isSorted = sorting.by === name;
  const Arrow = sorting.isDescending ? ChevronDown : ChevronUp;
  return (
    <span
      role="columnheader"
      className={styles.cell}
      data-number={isNumber}
      aria-sort={isSorted ? (sorting.isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className={styles.sort}
        onClick={() => sorting.change(name, isSorted && !sorting.isDescending)}
      >
        {title}
        {isSorted && <Arrow size={13} aria-hidden />}
      </button>
    </span>
  );
}

interface RowProps<Row> {
  readonly row: Row;
  readonly rowKey: string;
  readonly index: number;
  readonly columns: readonly Column<Row>[];
  readonly style: CSSProperties;
  readonly isActive: boolean;
  readonly isSelected: boolean | undefined;
  readonly toggle: ((key: string) => void) | undefined;
  readonly activate: (index: number) => void;
}

function PlainRow<Row>({ row, rowKey, index, columns, style, isActive, isSelected, toggle, activate }: RowProps<Row>) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-index={index}
      tabIndex={isActive ? 0 : -1}
      className={styles.row}
      data-selected={isSelected}
      style={style}
      onFocus={() => activate(index)}
    >
      {isSelected !== undefined && (
        <span role="gridcell" className={styles.cell}>
          <input
            type="checkbox"
            tabIndex={-1}
            checked={isSelected}
            onChange={() => toggle?.(rowKey)}
            aria-label={words.keys.select}
          />
        </span>
      )}
      {columns.map((column) => (
        <span key={column.name} role="gridcell" className={styles.cell} data-number={column.isNumber}>
          {column.cell(row)}
        </span>
      ))}
    </div>
  );
}

/** Rows are drawn again only when something of theirs has changed. */
const Row = memo(PlainRow, (before, after) => {
  const { style: styleBefore, ...restBefore } = before;
  const { style: styleAfter, ...restAfter } = after;
  const isPlaced =
    styleBefore.transform === styleAfter.transform &&
    styleBefore.gridTemplateColumns === styleAfter.gridTemplateColumns;
  return (
    isPlaced &&
    (Object.keys(restBefore) as (keyof typeof restBefore)[]).every((name) => restBefore[name] === restAfter[name])
  ); // both have the same fields
}) as typeof PlainRow; // memo forgets that it is generic
