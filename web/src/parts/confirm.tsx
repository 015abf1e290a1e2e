import { useState } from 'react';
import { words } from '../words/words.ts';
import { Field } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What it does, and what cannot be undone. */
  readonly consequence: string;
  readonly submit: string;
  /** Has to be typed before: for what cannot be undone. */
  readonly typed?: string;
  readonly close: () => void;
  readonly act: () => Promise<unknown>;
  readonly changes: readonly string[];
}

export function Confirm({ title, consequence, submit, typed, close, act, changes }: ConfirmProps) {
  const [mismatch, setMismatch] = useState(false);
  const check = async (form: FormData) => {
    const isRight = typed === undefined || form.get('typed') === typed;
    setMismatch(!isRight);
    if (!isRight) throw new Error(words.parts.typedWrongly(typed));
    await act();
  };
  return (
    <FormDialog title={title} submit={submit} isDangerous close={close} act={check} changes={changes}>
      <p>{consequence}</p>
      {typed !== undefined && (
        <Field label={words.parts.typeName(typed)}>
          {(ids) => (
            <input {...ids} name="typed" autoComplete="off" spellCheck={false} aria-invalid={mismatch} required />
          )}
        </Field>
      )}
    </FormDialog>
  );
}
