import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Choices, Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { Loaded } from '../../parts/states.tsx';
import { workWords } from '../../words/work.ts';
import { newSecret } from './new-secret.ts';
import { eventTypesQuery } from './queries.ts';

const words = workWords.webhooks;

export function CreateWebhook({ close }: { readonly close: () => void }) {
  const types = useQuery(eventTypesQuery);
  const [secret] = useState(newSecret);
  const create = (form: FormData) =>
    call('POST /api/v1/webhooks', {
      body: {
        url: textOf(form, 'url') ?? '',
        secret: textOf(form, 'secret') ?? '',
        subscribed_events: form.getAll('events').map(String),
      },
    });
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
        {({ data }) => (
          <Choices
            legend={words.events}
            name="events"
            choices={data.map((type) => ({ value: type, label: <code>{type}</code> }))}
          />
        )}
      </Loaded>
    </FormDialog>
  );
}
