import { words } from '../words/words.ts';
import { CopyText } from './copy-text.tsx';
import { Dialog } from './dialog.tsx';
import styles from './secret-dialog.module.css';

interface SecretDialogProps {
  readonly title: string;
  readonly secrets: readonly (readonly [label: string, secret: string])[];
  readonly note: string;
  readonly close: () => void;
}

/** What is shown once. It is kept in this dialog alone, so it is gone with it. */
export function SecretDialog({ title, secrets, note, close }: SecretDialogProps) {
  return (
    <Dialog title={title} close={close}>
      <div className={styles.secrets}>
        <p className={styles.note}>{note}</p>
        {secrets.map(([label, secret]) => (
          <div key={label} className={styles.secret}>
            <h3>{label}</h3>
            <CopyText text={secret} label={label} />
          </div>
        ))}
        <button type="button" className="primary" onClick={close}>
          {words.parts.done}
        </button>
      </div>
    </Dialog>
  );
}
