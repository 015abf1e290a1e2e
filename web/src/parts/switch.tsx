import type { ReactNode } from 'react';
import styles from './switch.module.css';

interface SwitchProps {
  readonly isOn: boolean;
  readonly turn: (isOn: boolean) => void;
  readonly children: ReactNode;
}

/** Something that is shown or not. */
export function Switch({ isOn, turn, children }: SwitchProps) {
  return (
    <label className={styles.switch}>
      <input type="checkbox" checked={isOn} onChange={({ target }) => turn(target.checked)} />
      {children}
    </label>
  );
}
