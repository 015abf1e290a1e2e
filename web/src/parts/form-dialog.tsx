import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { words } from '../words/words.ts';
import { Dialog } from './dialog.tsx';
import styles from './form-dialog.module.css';
import { Failure } from './states.tsx';

interface FormDialogProps<Made> {
  readonly title: string;
  readonly submit: string;
  readonly isDangerous?: boolean;
  readonly close: () => void;
  /** Does it, with what the fields of the form say. */
  readonly act: (form: FormData) => Promise<Made>;
  /** First parts of the keys of the queries that show something else afterwards. */
  readonly changes: readonly string[];
  /** Default: the dialog closes. */
  readonly done?: (made: Made) => void;
  readonly children: ReactNode;
}

/** A form that does one thing. It stays open, with what was typed, until the thing is done. */
export function FormDialog<Made>({
  title,
  submit,
  isDangerous,
  close,
  act,
  changes,
  done,
  children,
}: FormDialogProps<Made>) {
  const queries = useQueryClient();
  const doing = useMutation({
    mutationFn: act,
    onSuccess: async (made) => {
      await Promise.all(changes.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      (done ?? close)(made);
    },
  });
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!doing.isPending) doing.mutate(new FormData(event.currentTarget));
  };
  return (
    <Dialog title={title} close={close}>
      <form className={styles.form} onSubmit={send}>
        {children}
        {doing.error !== null && <Failure error={doing.error} />}
        <div className={styles.buttons}>
          <button type="button" onClick={close}>
            {words.parts.cancel}
          </button>
          <button type="submit" className={isDangerous ? 'danger' : 'primary'} disabled={doing.isPending}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export function textOf(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

export function numberOf(form: FormData, name: string): number | undefined {
  const text = textOf(form, name);
  return text === undefined ? undefined : Number(text);
}

/** Words with commas or spaces between them. */
export function wordsOf(form: FormData, name: string): string[] {
  return (
    textOf(form, name)
      ?.split(/[\s,]+/)
      .filter((word) => word !== '') ?? []
  );
}
