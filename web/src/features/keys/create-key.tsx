import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Choices, Field, FieldRow } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { SecretDialog } from '../../parts/secret-dialog.tsx';
import { Loaded } from '../../parts/states.tsx';
import { accessWords } from '../../words/access.ts';
import { words } from '../../words/words.ts';
import { type CreatedKey, scopesQuery } from './queries.ts';

const KINDS = ['scoped', 'api', 'arb', 'otp'] as const;
const DAYS: Readonly<Record<string, number>> = { day: 1, month: 30, quarter: 90, year: 365 };

export function CreateKey({ close }: { readonly close: () => void }) {
  const scopes = useQuery(scopesQuery);
  const [kind, setKind] = useState<(typeof KINDS)[number]>('scoped');
  const [made, setMade] = useState<CreatedKey>();
  if (made !== undefined) {
    return (
      <SecretDialog
        title={accessWords.accessKeys.made(made.name)}
        secrets={[[accessWords.accessKeys.key, made.api_key]]}
        note={words.parts.shownOnce}
        close={close}
      />
    );
  }
  return (
    <FormDialog
      title={accessWords.accessKeys.create}
      submit={accessWords.accessKeys.make}
      close={close}
      changes={['keys']}
      done={setMade}
      act={(form) => {
        const days = DAYS[textOf(form, 'expires') ?? ''];
        const expires_at = days === undefined ? null : new Date(Date.now() + days * 86_400_000).toISOString();
        const chosen = form.getAll('scopes').map(String);
        return call('POST /v1/keys', { body: { kind, name: textOf(form, 'name'), scopes: chosen, expires_at } });
      }}
    >
      <Field label={accessWords.accessKeys.name} hint={accessWords.accessKeys.nameHint}>
        {(ids) => <input {...ids} name="name" maxLength={128} required autoComplete="off" />}
      </Field>
      <FieldRow>
        <Field label={accessWords.accessKeys.kind}>
          {(ids) => (
            <select
              {...ids}
              value={kind}
              onChange={({ target }) => setKind(KINDS.find((one) => one === target.value) ?? 'scoped')}
            >
              {KINDS.map((one) => (
                <option key={one} value={one}>
                  {accessWords.accessKeys.kinds[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={accessWords.accessKeys.expires}>
          {(ids) => (
            <select {...ids} name="expires" defaultValue="quarter">
              {Object.entries(accessWords.accessKeys.expiresIn).map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      </FieldRow>
      {kind === 'scoped' && (
        <Loaded query={scopes}>
          {({ items }) => (
            <Choices
              legend={accessWords.accessKeys.may}
              name="scopes"
              choices={items.map(({ name, opens }) => ({
                value: name,
                label: (
                  <>
                    {opens} <code>{name}</code>
                  </>
                ),
              }))}
            />
          )}
        </Loaded>
      )}
    </FormDialog>
  );
}
