import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { mayUse } from '../../app/session.ts';
import { useSession } from '../../app/session-context.ts';
import { Choices, Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/states.tsx';
import { workWords } from '../../words/work.ts';
import { newSecret } from './new-secret.ts';
import { eventTypesQuery } from './queries.ts';

const words = workWords.webhooks;

/** Without them there are the types of Edge Admin to choose from. */
const WEBHOOK_SCOPES = ['garrison.webhooks.read', 'garrison.webhooks.write'];

export function CreateWebhook({ close }: { readonly close: () => void }) {
  const session = useSession();
  const mayAll = WEBHOOK_SCOPES.every((scope) => mayUse(session, scope));
  const types = useQuery(eventTypesQuery(mayAll));
  const [secret] = useState(newSecret);
  const create = (form: FormData): Promise<unknown> => {
    const fields = { url: textOf(form, 'url') ?? '', secret: textOf(form, 'secret') ?? '' };
    const chosen = form.getAll('events').map(String);
    return mayAll
      ? call('POST /v1/webhooks', { body: { ...fields, types: chosen } })
      : call('POST /api/v1/webhooks', { body: { ...fields, subscribed_events: chosen } });
  };
  return (
    <FormDialog title={words.create} submit={words.make} close={close} act={create} changes={['webhooks']}>
      <Field label={words.url} hint={words.urlHint}>
        {(ids) => (
          <input {...ids} name="url" type="url" required maxLength={2048} placeholder="https://" autoComplete="off" />
        )}
      </Field>
      <Field label={words.secret} hint={words.secretHint}>
        {(ids) => (
          <input
            {...ids}
            name="secret"
            required
            minLength={32}
            maxLength={256}
            defaultValue={secret}
            autoComplete="off"
            className="mono"
          />
        )}
      </Field>
      <Loaded query={types}>
        {(names) => (
          <Choices
            legend={words.events}
            name="events"
            choices={names.map((type) => ({ value: type, label: <code>{type}</code> }))}
          />
        )}
      </Loaded>
    </FormDialog>
  );
}
