import { call } from '../../api/call.ts';
import { Field, FieldRow } from '../../parts/field.tsx';
import { FormDialog, textOf, wordsOf } from '../../parts/form-dialog.tsx';
import { fleetWords } from '../../words/fleet.ts';
import { selectorOf } from './condition.ts';

const words = fleetWords.groups;

/** A condition of what is asked for most; the others are made with the command line. */
export function CreateGroup({ close }: { readonly close: () => void }) {
  const create = (form: FormData) =>
    call('POST /v1/edge/groups', {
      body: {
        name: textOf(form, 'name') ?? '',
        selector: selectorOf({
          os: textOf(form, 'os'),
          all: wordsOf(form, 'all'),
          any: wordsOf(form, 'any'),
          none: wordsOf(form, 'none'),
          labels: wordsOf(form, 'labels'),
        }),
      },
    });
  return (
    <FormDialog title={words.create} submit={words.create} close={close} act={create} changes={['groups']}>
      <FieldRow>
        <Field label={words.name}>
          {(ids) => <input {...ids} name="name" required maxLength={128} autoComplete="off" />}
        </Field>
        <Field label={words.os}>{(ids) => <input {...ids} name="os" placeholder="linux" autoComplete="off" />}</Field>
      </FieldRow>
      <Field label={words.tags}>
        {(ids) => <input {...ids} name="all" placeholder="web, eu" autoComplete="off" />}
      </Field>
      <FieldRow>
        <Field label={words.anyTags}>{(ids) => <input {...ids} name="any" autoComplete="off" />}</Field>
        <Field label={words.noTags}>{(ids) => <input {...ids} name="none" autoComplete="off" />}</Field>
      </FieldRow>
      <Field label={words.labels} hint={words.labelsHint}>
        {(ids) => <input {...ids} name="labels" placeholder="role=db" autoComplete="off" />}
      </Field>
    </FormDialog>
  );
}
