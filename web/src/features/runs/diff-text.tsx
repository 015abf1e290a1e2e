import { useMemo } from 'react';
import styles from './diff-text.module.css';
import { wordDiff } from './word-diff.ts';

/** Output against that of the majority, word by word. */
export function DiffText({ reference, text }: { readonly reference: string; readonly text: string }) {
  const pieces = useMemo(() => wordDiff(reference, text), [reference, text]);
  return (
    <pre className={styles.diff}>
      {pieces.map(({ text: piece, kind }, index) => {
        if (kind === 'same') return piece;
        return kind === 'added' ? <ins key={index}>{piece}</ins> : <del key={index}>{piece}</del>;
      })}
    </pre>
  );
}
