import {
  Ban,
  Circle,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  CircleX,
  Clock,
  type LucideIcon,
} from 'lucide-react';
import styles from './status.module.css';

export type Tone = 'good' | 'bad' | 'warn' | 'calm' | 'info';

const ICONS: Readonly<Record<string, LucideIcon>> = {
  good: CircleCheck,
  bad: CircleX,
  warn: CircleAlert,
  calm: Circle,
  info: CircleDot,
  waiting: CircleDashed,
  skipped: CircleSlash,
  late: Clock,
  barred: Ban,
};

interface StatusProps {
  readonly tone: Tone;
  /** Another picture than the tone's own: meaning is never in the colour alone. */
  readonly picture?: 'waiting' | 'skipped' | 'late' | 'barred';
  readonly children: string;
}

/** A word with its sign and colour. */
export function Status({ tone, picture, children }: StatusProps) {
  const Icon = ICONS[picture ?? tone] ?? Circle;
  return (
    <span className={styles.status} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}
