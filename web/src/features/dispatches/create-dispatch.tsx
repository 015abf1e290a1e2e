import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import { Field, FieldRow } from '../../parts/field.tsx';
import { FormDialog, numberOf, textOf } from '../../parts/form-dialog.tsx';
import { workWords } from '../../words/work.ts';
import { agentsQuery } from './queries.ts';

const words = workWords.dispatches;
const MOST_ATTEMPTS = 10;

export function CreateDispatch({ close }: { readonly close: () => void }) {
  const agents = useQuery(agentsQuery);
  const navigate = useNavigate();
  const send = (form: FormData) => {
    const attempts = numberOf(form, 'attempts') ?? 1;
    return call('POST /dispatch', {
      body: {
        agent: textOf(form, 'agent') ?? '',
        task: textOf(form, 'task') ?? '',
        repo: textOf(form, 'repo'),
        branch: textOf(form, 'branch'),
        model: textOf(form, 'model'),
        judge: textOf(form, 'judge'),
        workspaceMode: form.has('keep') ? 'persistent' : 'ephemeral',
        timeoutSeconds: (numberOf(form, 'minutes') ?? 10) * 60,
        ...(attempts > 1 && { attempts: Array.from({ length: attempts - 1 }, () => ({})) }),
      },
    });
  };
  return (
    <FormDialog
      title={words.create}
      submit={words.send}
      close={close}
      act={send}
      changes={['dispatches']}
      done={({ data }) => void navigate({ to: '/dispatches/$dispatch', params: { dispatch: data.dispatchId } })}
    >
      <Field label={words.task} hint={words.taskHint}>
        {(ids) => <textarea {...ids} name="task" rows={5} required minLength={10} maxLength={50_000} />}
      </Field>
      <FieldRow>
        <Field label={words.agent} hint={words.agentHint}>
          {(ids) => <input {...ids} name="agent" list="agents-offered" required maxLength={64} autoComplete="off" />}
        </Field>
        <Field label={words.model} hint={words.modelHint}>
          {(ids) => <input {...ids} name="model" maxLength={128} autoComplete="off" />}
        </Field>
      </FieldRow>
      <datalist id="agents-offered">
        {agents.data?.map((agent) => (
          <option key={agent} value={agent} />
        ))}
      </datalist>
      <FieldRow>
        <Field label={words.repo} hint={words.repoHint}>
          {(ids) => <input {...ids} name="repo" placeholder="owner/name" autoComplete="off" spellCheck={false} />}
        </Field>
        <Field label={words.branch}>
          {(ids) => <input {...ids} name="branch" placeholder="main" autoComplete="off" spellCheck={false} />}
        </Field>
      </FieldRow>
      <FieldRow>
        <Field label={words.attempts} hint={words.attemptsHint}>
          {(ids) => <input {...ids} name="attempts" type="number" min={1} max={MOST_ATTEMPTS + 1} defaultValue={1} />}
        </Field>
        <Field label={words.limit}>
          {(ids) => <input {...ids} name="minutes" type="number" min={1} max={1_440} defaultValue={10} />}
        </Field>
      </FieldRow>
      <Field label={words.judge} hint={words.judgeHint}>
        {(ids) => <input {...ids} name="judge" maxLength={4_096} autoComplete="off" spellCheck={false} />}
      </Field>
      <Field label={words.keep} hint={words.keepHint}>
        {(ids) => <input {...ids} name="keep" type="checkbox" />}
      </Field>
    </FormDialog>
  );
}
