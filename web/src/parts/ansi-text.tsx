import { memo } from 'react';
import { type AnsiPiece, ansiLines } from './ansi.ts';
import styles from './ansi-text.module.css';

/** Output of a program as it would stand on a terminal. */
export const AnsiText = memo(function AnsiText({ text }: { readonly text: string }) {
  return (
    <pre className={styles.text}>
      {ansiLines(text.replace(/\n$/, '')).map((pieces, index) => (
        <span key={index}>
          {index > 0 && '\n'}
          <AnsiPieces pieces={pieces} />
        </span>
      ))}
    </pre>
  );
});

export function AnsiPieces({ pieces }: { readonly pieces: readonly AnsiPiece[] }) {
  return pieces.map(({ text, look }, index) =>
    look === '' ? (
      text
    ) : (
      <span
        key={index}
        className={look
          .split(' ')
          .map((name) => styles[name])
          .join(' ')}
      >
        {text}
      </span>
    ),
  );
}
