import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronRight } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { Scrollable } from '../../parts/scrollable.tsx';
import { workWords } from '../../words/work.ts';
import { Counts } from './attempts.tsx';
import { type PatchedFile, type Row, rowsOf } from './patch.ts';
import styles from './patched-file.module.css';

const words = workWords.dispatches;

const ROW_PX = 20;
const MOST_PX = 640;
/** A file with more changed lines is opened by hand. */
const MOST_OPEN = 800;

export function PatchedFileView({ file }: { readonly file: PatchedFile }) {
  const [isOpen, setIsOpen] = useState(!file.isGenerated && file.added + file.removed <= MOST_OPEN);
  const { path, formerPath, change, isGenerated, isBinary, added, removed } = file;
  return (
    <section className={styles.file} aria-label={path}>
      <button type="button" className={styles.head} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <ChevronRight size={15} aria-hidden className={styles.arrow} data-open={isOpen} />
        <code className={styles.path}>{path}</code>
        {change !== 'changed' && <span className={styles.mark}>{words.change[change]}</span>}
        {isGenerated && <span className={styles.mark}>{words.generated}</span>}
        {formerPath !== undefined && <span className={styles.former}>{words.renamed(formerPath)}</span>}
        <Counts added={added} removed={removed} />
      </button>
      {isOpen && (isBinary ? <p className={styles.note}>{words.binary}</p> : <Rows file={file} />)}
    </section>
  );
}

/** Only the rows in sight are on the page. */
function Rows({ file }: { readonly file: PatchedFile }) {
  const rows = useMemo(() => rowsOf(file), [file]);
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 20,
  });
  if (rows.length === 0) return <p className={styles.note}>{words.noLines}</p>;
  return (
    <Scrollable
      ref={scroll}
      className={styles.rows}
      label={file.path}
      style={{ height: Math.min(MOST_PX, rows.length * ROW_PX) }}
    >
      <div className={styles.space} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : <RowView key={index} row={row} top={start} />;
        })}
      </div>
    </Scrollable>
  );
}

const SIGNS: Readonly<Record<Row['kind'], string>> = { hunk: '', same: ' ', added: '+', removed: '−', note: '' };

function RowView({ row, top }: { readonly row: Row; readonly top: number }) {
  const numbers = row.kind === 'hunk' || row.kind === 'note' ? undefined : row;
  return (
    <div className={styles.row} data-kind={row.kind} style={{ transform: `translateY(${top}px)` }}>
      <span className={styles.number}>{numbers?.before}</span>
      <span className={styles.number}>{numbers?.after}</span>
      <span className={styles.sign}>{SIGNS[row.kind]}</span>
      <span className={styles.text}>{row.text}</span>
    </div>
  );
}
