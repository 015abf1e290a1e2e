import { type FormEvent, useId } from 'react';
import { words } from '../words/words.ts';
import styles from './filter.module.css';
import { textOf } from './form-dialog.tsx';

interface FilterField {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  /** One of these, or any. */
  readonly options?: readonly (readonly [value: string, label: string])[];
}

interface FilterProps {
  readonly label: string;
  readonly fields: readonly FilterField[];
  /** Puts it into the address. What is empty is undefined. */
  readonly apply: (values: Readonly<Record<string, string | undefined>>) => void;
}

/** Conditions on a list, in one line. They take effect when they are sent; a choice is sent at once. */
export function Filter({ label, fields, apply }: FilterProps) {
  const send = (form: HTMLFormElement) => {
    const data = new FormData(form);
    apply(Object.fromEntries(fields.map(({ name }) => [name, textOf(data, name)])));
  };
  const hasText = fields.some(({ options }) => options === undefined);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    send(event.currentTarget);
  };
  return (
    <search>
      <form className={styles.filter} aria-label={label} onSubmit={submit}>
        {fields.map((field) => (
          <FieldOfFilter key={`${field.name} ${field.value ?? ''}`} field={field} send={send} />
        ))}
        {hasText && <button type="submit">{words.parts.filter}</button>}
      </form>
    </search>
  );
}

interface FieldOfFilterProps {
  readonly field: FilterField;
  readonly send: (form: HTMLFormElement) => void;
}

function FieldOfFilter({ field: { name, label, value, placeholder, options }, send }: FieldOfFilterProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {options === undefined ? (
        <input id={id} name={name} defaultValue={value} placeholder={placeholder} type="search" spellCheck={false} />
      ) : (
        <select id={id} name={name} defaultValue={value} onChange={({ target }) => target.form && send(target.form)}>
          <option value="">{words.parts.any}</option>
          {options.map(([one, text]) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
