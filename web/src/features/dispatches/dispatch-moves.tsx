import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { Action } from '../../parts/action.tsx';
import { Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { workWords } from '../../words/work.ts';
import { type Dispatch, isOver } from './queries.ts';

const words = workWords.dispatches;

type Move = 'stop' | 'retry' | 'resume';

/** What one can do with a dispatch: stop it while it works; give its task again, or go on in its workspace, afterwards. */
export function DispatchMoves({ dispatch }: { readonly dispatch: Dispatch }) {
  const [move, setMove] = useState<Move>();
  const close = () => setMove(undefined);
  return (
    <>
      {!isOver(dispatch) && (
        <Action scope="cancel" look="danger" act={() => setMove('stop')}>
          {words.stop}
        </Action>
      )}
      {isOver(dispatch) && (
        <Action scope="dispatch" act={() => setMove('retry')}>
          {words.retry}
        </Action>
      )}
      {isOver(dispatch) && dispatch.workspaceMode === 'persistent' && (
        <Action scope="dispatch" act={() => setMove('resume')}>
          {words.resume}
        </Action>
      )}
      {move === 'stop' && <Stop id={dispatch.dispatchId} close={close} />}
      {move === 'retry' && <Retry id={dispatch.dispatchId} close={close} />}
      {move === 'resume' && <Resume id={dispatch.dispatchId} close={close} />}
    </>
  );
}

interface MoveProps {
  readonly id: string;
  readonly close: () => void;
}

function Stop({ id, close }: MoveProps) {
  return (
    <FormDialog
      title={words.stopTitle(id)}
      submit={words.stop}
      isDangerous
      close={close}
      changes={['dispatches']}
      act={(form) =>
        call('DELETE /dispatch/{dispatchId}', {
          path: { dispatchId: id },
          body: { reason: textOf(form, 'reason') },
        })
      }
    >
      <p>{words.stopHint}</p>
      <Field label={words.reason}>{(ids) => <input {...ids} name="reason" maxLength={500} />}</Field>
    </FormDialog>
  );
}

function Retry({ id, close }: MoveProps) {
  const show = useShow(close);
  return (
    <FormDialog
      title={words.retryTitle(id)}
      submit={words.retry}
      close={close}
      changes={['dispatches']}
      act={() => call('POST /dispatch/{dispatchId}/retry', { path: { dispatchId: id } })}
      done={show}
    >
      <p>{words.retryHint}</p>
    </FormDialog>
  );
}

function Resume({ id, close }: MoveProps) {
  const show = useShow(close);
  return (
    <FormDialog
      title={words.resumeTitle(id)}
      submit={words.resume}
      close={close}
      changes={['dispatches']}
      act={(form) =>
        call('POST /dispatch/{dispatchId}/resume', { path: { dispatchId: id }, body: { task: textOf(form, 'task') } })
      }
      done={show}
    >
      <p>{words.resumeHint}</p>
      <Field label={words.resumeTask} hint={words.resumeTaskHint}>
        {(ids) => <textarea {...ids} name="task" rows={4} minLength={10} maxLength={50_000} />}
      </Field>
    </FormDialog>
  );
}

/** Goes to the page of the dispatch that was made. */
function useShow(close: () => void) {
  const navigate = useNavigate();
  return ({ data }: { readonly data: { readonly dispatchId: string } }) => {
    close();
    void navigate({ to: '/dispatches/$dispatch', params: { dispatch: data.dispatchId } });
  };
}
