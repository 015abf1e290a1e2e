import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { FormDialog, numberOf, textOf } from '../../parts/form-dialog.tsx';
import { SecretDialog } from '../../parts/secret-dialog.tsx';
import { words as common } from '../../words/words.ts';
import { workWords } from '../../words/work.ts';
import { newSecret } from './new-secret.ts';

const words = workWords.webhooks;
const CHANGES = ['webhooks'];
const DAY_MS = 86_400_000;

export type WebhookDialogName = keyof typeof DIALOGS;

interface DialogOf {
  readonly id: string;
  readonly close: () => void;
}

export function WebhookDialog({ name, ...rest }: DialogOf & { readonly name: WebhookDialogName }) {
  const Shown = DIALOGS[name];
  return <Shown {...rest} />;
}

const DIALOGS = { replay: Replay, pause: Pause, rotate: Rotate, remove: Remove };

function Replay({ id, close }: DialogOf) {
  const [queued, setQueued] = useState<number>();
  if (queued !== undefined)
    return (
      <Dialog title={words.replayTitle} close={close}>
        <p role="status">{words.replayed(queued)}</p>
      </Dialog>
    );
  const replay = (form: FormData) => {
    const since = new Date(textOf(form, 'since') ?? Date.now() - DAY_MS).toISOString();
    return call('POST /api/v1/webhooks/{id}/redeliver', { path: { id }, body: { since } });
  };
  return (
    <FormDialog
      title={words.replayTitle}
      submit={words.replay}
      close={close}
      act={replay}
      changes={CHANGES}
      done={({ data }) => setQueued(data.queued)}
    >
      <Field label={words.since}>
        {(ids) => (
          <input
            {...ids}
            name="since"
            type="datetime-local"
            required
            defaultValue={localInstant(Date.now() - DAY_MS)}
          />
        )}
      </Field>
    </FormDialog>
  );
}

function Pause({ id, close }: DialogOf) {
  const pause = (form: FormData) =>
    call('POST /api/v1/webhooks/{id}/pause', { path: { id }, body: { reason: textOf(form, 'reason') } });
  return (
    <FormDialog title={words.pauseTitle} submit={words.pause} close={close} act={pause} changes={CHANGES}>
      <p>{words.pauseHint}</p>
      <Field label={words.pauseReason}>{(ids) => <input {...ids} name="reason" maxLength={255} />}</Field>
    </FormDialog>
  );
}

function Rotate({ id, close }: DialogOf) {
  const [secret] = useState(newSecret);
  const [isDone, setIsDone] = useState(false);
  if (isDone)
    return (
      <SecretDialog
        title={words.rotateTitle}
        secrets={[[words.newSecret, secret]]}
        note={common.parts.shownOnce}
        close={close}
      />
    );
  const rotate = (form: FormData) => {
    const overlap_seconds = (numberOf(form, 'overlap') ?? 24) * 3_600;
    return call('POST /api/v1/webhooks/{id}/rotate_secret', { path: { id }, body: { secret, overlap_seconds } });
  };
  return (
    <FormDialog
      title={words.rotateTitle}
      submit={words.rotate}
      close={close}
      act={rotate}
      changes={CHANGES}
      done={() => setIsDone(true)}
    >
      <p>{words.rotateHint}</p>
      <Field label={words.overlap}>
        {(ids) => <input {...ids} name="overlap" type="number" min={0} max={720} defaultValue={24} required />}
      </Field>
    </FormDialog>
  );
}

function Remove({ id, close }: DialogOf) {
  const navigate = useNavigate();
  const remove = async () => {
    await call('DELETE /api/v1/webhooks/{id}', { path: { id } });
    await navigate({ to: '/webhooks' });
  };
  return (
    <Confirm
      title={words.removeTitle}
      consequence={words.removeHint}
      submit={words.remove}
      close={close}
      act={remove}
      changes={CHANGES}
    />
  );
}

/** As a field for local time takes it. */
function localInstant(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 16);
}
