import { formatShare } from '../words/format.ts';
import styles from './meter.module.css';

interface MeterProps {
  readonly label: string;
  /** 0 to 1; undefined when it is not known. */
  readonly share: number | undefined;
  readonly detail?: string | undefined;
}

const HIGH = 0.9;

/** How much of something is in use. */
export function Meter({ label, share, detail }: MeterProps) {
  const text = share === undefined ? '–' : formatShare(share);
  return (
    <div className={styles.meter}>
      <div className={styles.words}>
        <span>{label}</span>
        <span className={styles.share}>{text}</span>
      </div>
      <div className={styles.bar} aria-hidden data-high={share !== undefined && share >= HIGH}>
        <div style={{ width: `${Math.min(1, share ?? 0) * 100}%` }} />
      </div>
      {detail !== undefined && <span className={styles.detail}>{detail}</span>}
    </div>
  );
}
