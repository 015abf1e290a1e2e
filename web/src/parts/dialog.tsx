import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { words } from '../words/words.ts';
import styles from './dialog.module.css';

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ReactNode;
}

/**
 * The browser's own modal dialog: it keeps the focus inside, ends with Escape and gives the focus back. It is drawn while it
 * is open and not before. What carries `data-first` has the focus first, else the first control.
 */
export function Dialog({ title, close, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element?.open === false) {
      element.showModal();
      element.querySelector<HTMLElement>('[data-first]')?.focus();
    }
    return () => element?.close();
  }, []);
  const closed = () => {
    if (dialog.current?.open !== true) close(); // else it was opened again meanwhile, as strict mode does
  };
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={id} onClose={closed}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        <button type="button" className="quiet icon" aria-label={words.parts.close} onClick={close}>
          <X size={16} aria-hidden />
        </button>
      </header>
      {children}
    </dialog>
  );
}
