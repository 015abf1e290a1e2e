import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { words } from '../words/words.ts';
import styles from './copy-text.module.css';
import { Scrollable } from './scrollable.tsx';

/** Text that is meant to be taken elsewhere: a command line, a secret, an id. */
export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setIsCopied(true);
    setTimeout(() => setIsCopied(false), 2_000);
  };
  return (
    <div className={styles.line}>
      <Scrollable className={styles.scroll} label={label}>
        <code className={styles.text}>{text}</code>
      </Scrollable>
      <button type="button" className="quiet icon" onClick={copy} aria-label={words.parts.copy(label)}>
        {isCopied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
      </button>
      <span role="status" className="hidden-but-read">
        {isCopied ? words.parts.copied : ''}
      </span>
    </div>
  );
}
