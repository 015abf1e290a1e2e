import type { KeyboardEvent } from 'react';
import { Field } from '../../parts/field.tsx';
import { runWords } from '../../words/runs.ts';
import type { ToolField } from './tool-fields.ts';
import styles from './tool-form.module.css';

interface ToolFormProps {
  readonly fields: readonly ToolField[];
  readonly typed: Readonly<Record<string, string>>;
  readonly change: (name: string, text: string) => void;
  readonly send: () => void;
}

/** What a tool has to be told, and below it what it may be told. */
export function ToolForm({ fields, typed, change, send }: ToolFormProps) {
  const needed = fields.filter(({ isRequired }) => isRequired);
  const others = fields.filter(({ isRequired }) => !isRequired);
  const draw = (field: ToolField) => (
    <ToolInput
      key={field.name}
      field={field}
      text={typed[field.name] ?? ''}
      change={(text) => change(field.name, text)}
      send={send}
    />
  );
  return (
    <>
      {needed.map(draw)}
      {others.length > 0 && (
        <details className={styles.more} open={needed.length === 0}>
          <summary>{runWords.compose.optional}</summary>
          <div className={styles.fields}>{others.map(draw)}</div>
        </details>
      )}
    </>
  );
}

interface ToolInputProps {
  readonly field: ToolField;
  readonly text: string;
  readonly change: (text: string) => void;
  readonly send: () => void;
}

const LABELS: Readonly<Record<string, string>> = runWords.compose.args;
const HINTS: Readonly<Partial<Record<ToolField['kind'], string>>> = {
  list: runWords.compose.listHint,
  pairs: runWords.compose.pairsHint,
};

function ToolInput({ field: { name, kind, isRequired, choices }, text, change, send }: ToolInputProps) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      send();
    }
  };
  return (
    <Field label={LABELS[name] ?? name} hint={name === 'script' ? runWords.compose.scriptHint : HINTS[kind]}>
      {(ids) => {
        const common = { ...ids, value: text, required: isRequired, spellCheck: false, onKeyDown };
        if (kind === 'long-text' || kind === 'list' || kind === 'pairs') {
          return (
            <textarea
              {...common}
              className={styles.editor}
              rows={name === 'script' ? 8 : 3}
              onChange={({ target }) => change(target.value)}
            />
          );
        }
        if (kind === 'flag' || kind === 'choice') {
          return (
            <select {...ids} value={text} onChange={({ target }) => change(target.value)}>
              <option value="">–</option>
              {(choices ?? ['true', 'false']).map((choice) => (
                <option key={choice}>{choice}</option>
              ))}
            </select>
          );
        }
        return (
          <input
            {...common}
            className={styles.line}
            type={kind === 'number' ? 'number' : 'text'}
            autoComplete="off"
            onChange={({ target }) => change(target.value)}
          />
        );
      }}
    </Field>
  );
}
