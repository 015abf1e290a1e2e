import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { call } from '../../api/call.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { hostsNamed } from './queries.ts';

export function CreateAlias({ close }: { readonly close: () => void }) {
  const [name, setName] = useState('');
  const hosts = useQuery(hostsNamed(useDeferredValue(name)));
  const found = hosts.data?.items ?? [];
  const create = async (form: FormData) => {
    const host = found.find((one) => one.name === textOf(form, 'node'));
    if (host === undefined) throw new Error(fleetWords.aliases.noSuchNode(name));
    const path = { node_id: host.node_id.replace(/^n-/, '') };
    await call('POST /api/v1/nodes/{node_id}/aliases', { path, body: { name: textOf(form, 'alias') ?? '' } });
  };
  return (
    <FormDialog
      title={fleetWords.aliases.create}
      submit={fleetWords.aliases.create}
      close={close}
      act={create}
      changes={['aliases']}
    >
      <Field label={fleetWords.aliases.name} hint={fleetWords.aliases.nameHint}>
        {(ids) => <input {...ids} name="alias" required maxLength={63} autoComplete="off" spellCheck={false} />}
      </Field>
      <Field label={fleetWords.aliases.node}>
        {(ids) => (
          <input
            {...ids}
            name="node"
            list="hosts-found"
            required
            autoComplete="off"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <datalist id="hosts-found">
        {found.map((host) => (
          <option key={host.node_id} value={host.name} />
        ))}
      </datalist>
    </FormDialog>
  );
}
