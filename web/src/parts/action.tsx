import { type ReactNode, useId, useState } from 'react';
import { mayUse } from '../app/session.ts';
import { useSession } from '../app/session-context.ts';
import { words } from '../words/words.ts';
import styles from './action.module.css';
import { Dialog } from './dialog.tsx';

interface ActionProps {
  /** What the operation behind it takes. */
  readonly scope: string;
  readonly look?: string;
  readonly act: () => void;
  readonly children: ReactNode;
}

/** A button for something that takes a scope. Whoever does not have it sees the button and is told what is missing. */
export function Action({ scope, look = '', act, children }: ActionProps) {
  const id = useId();
  const mayAct = mayUse(useSession(), scope);
  const [isTold, setIsTold] = useState(false);
  if (mayAct)
    return (
      <button type="button" className={look} onClick={act}>
        {children}
      </button>
    );
  const why = words.states.scopeNeeded(scope);
  return (
    <>
      <button
        type="button"
        className={`${look} ${styles.barred}`}
        aria-disabled
        aria-describedby={id}
        title={why}
        onClick={() => setIsTold(true)}
      >
        {children}
      </button>
      <span id={id} hidden>
        {why}
      </span>
      {isTold && (
        <Dialog title={words.parts.mayNot} close={() => setIsTold(false)}>
          <p>{why}</p>
        </Dialog>
      )}
    </>
  );
}
