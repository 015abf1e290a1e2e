import { encode } from 'uqr';
import styles from './qr-code.module.css';

const MARGIN = 2;

/** A QR code as one path: nothing is made of HTML, and it is sharp at any size. Dark on light, as readers expect it. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: 0, ecc: 'L' });
  const squares = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  const edge = size + 2 * MARGIN;
  return (
    <svg
      className={styles.code}
      role="img"
      aria-label={label}
      viewBox={`${-MARGIN} ${-MARGIN} ${edge} ${edge}`}
      shapeRendering="crispEdges"
    >
      <rect x={-MARGIN} y={-MARGIN} width={edge} height={edge} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  );
}
