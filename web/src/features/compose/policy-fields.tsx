import { Field, FieldRow } from '../../parts/field.tsx';
import { runWords } from '../../words/runs.ts';
import type { PolicyDraft } from './policy-draft.ts';

const { compose } = runWords;

interface PolicyFieldsProps {
  readonly policy: PolicyDraft;
  readonly change: (changes: Partial<PolicyDraft>) => void;
}

/** How it goes over the hosts; the sentence above says what it means. */
export function PolicyFields({ policy, change }: PolicyFieldsProps) {
  return (
    <>
      <FieldRow>
        <Field label={compose.mode}>
          {(ids) => (
            <Select ids={ids} value={policy.mode} options={compose.modes} choose={(mode) => change({ mode })} />
          )}
        </Field>
        {policy.mode === 'rolling' && (
          <Field label={compose.batch} hint={compose.batchHint}>
            {(ids) => (
              <input
                {...ids}
                value={policy.batch}
                onChange={({ target }) => change({ batch: target.value })}
                pattern="[0-9]+ ?%?"
                size={6}
              />
            )}
          </Field>
        )}
        <Field label={compose.most} hint={compose.mostHint}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              value={policy.most}
              onChange={({ target }) => change({ most: target.value })}
            />
          )}
        </Field>
      </FieldRow>
      <FieldRow>
        <Field label={compose.failure}>
          {(ids) => (
            <Select
              ids={ids}
              value={policy.failure}
              options={compose.failures}
              choose={(failure) => change({ failure })}
            />
          )}
        </Field>
        {policy.failure === 'stop-after' && (
          <Field label={compose.stopAfter}>
            {(ids) => (
              <input
                {...ids}
                type="number"
                min={1}
                value={policy.stopAfter}
                onChange={({ target }) => change({ stopAfter: target.value })}
              />
            )}
          </Field>
        )}
        <Field label={compose.deadline}>
          {(ids) => (
            <Select
              ids={ids}
              value={policy.deadline}
              options={compose.deadlines}
              choose={(deadline) => change({ deadline })}
            />
          )}
        </Field>
        <Field label={compose.floor} hint={compose.floorHint}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min={1}
              value={policy.floor}
              onChange={({ target }) => change({ floor: target.value })}
            />
          )}
        </Field>
      </FieldRow>
    </>
  );
}

interface SelectProps<Word extends string> {
  readonly ids: object;
  readonly value: Word;
  readonly options: Readonly<Record<string, string>>;
  readonly choose: (word: Word) => void;
}

function Select<Word extends string>({ ids, value, options, choose }: SelectProps<Word>) {
  return (
    <select {...ids} value={value} onChange={({ target }) => choose(target.value as Word)}>
      {Object.entries(options).map(([word, label]) => (
        <option key={word} value={word}>
          {label}
        </option>
      ))}
    </select>
  );
}
