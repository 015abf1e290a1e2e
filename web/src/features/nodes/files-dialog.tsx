import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { mayUse } from '../../app/session.ts';
import { useSession } from '../../app/session-context.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { textOf } from '../../parts/form-dialog.tsx';
import { Failure } from '../../parts/states.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { words as common } from '../../words/words.ts';
import styles from './files-dialog.module.css';
import type { NodeDetail } from './queries.ts';
import { fetchFile, sendFile, type Transfer } from './transfer-file.ts';

const { files: words } = nodeWords;
const SCOPE = 'aegis.edge.fleet.manage';

interface FilesDialogProps {
  readonly node: NodeDetail;
  readonly close: () => void;
}

/** One file to the node, or one back; each is a run, as by `garrison cp`. */
export function FilesDialog({ node, close }: FilesDialogProps) {
  const mayAct = mayUse(useSession(), SCOPE);
  const [path, setPath] = useState('');
  const doing = useMutation({
    mutationFn: (form: FormData): Promise<Transfer> => {
      const file = form.get('file');
      const to = textOf(form, 'path') ?? '';
      return form.get('act') === 'send' && file instanceof File
        ? sendFile(node.node_id, to, file)
        : fetchFile(node.node_id, to);
    },
  });
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const submitter = (event.nativeEvent as SubmitEvent).submitter; // a form is sent by this event only
    if (!doing.isPending) doing.mutate(new FormData(event.currentTarget, submitter));
  };
  if (!mayAct)
    return (
      <Dialog title={words.title(node.name)} close={close}>
        <p>{common.states.scopeNeeded(SCOPE)}</p>
      </Dialog>
    );
  return (
    <Dialog title={words.title(node.name)} close={close}>
      <form className={styles.form} onSubmit={send}>
        <Field label={words.path} hint={words.pathHint}>
          {(ids) => (
            <input
              {...ids}
              name="path"
              required
              pattern="/.*"
              value={path}
              onChange={({ target }) => setPath(target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <Field label={words.file} hint={words.fileHint}>
          {(ids) => <input {...ids} name="file" type="file" />}
        </Field>
        {doing.error !== null && <Failure error={doing.error} />}
        <div role="status">
          {doing.isPending && <p>{words.going}</p>}
          {doing.data !== undefined && <Done transfer={doing.data} name={path.split('/').at(-1) ?? ''} />}
        </div>
        <div className={styles.buttons}>
          <Link to="/run" search={{ on: `@${node.node_id}`, tool: 'fs.list' }}>
            {words.list}
          </Link>
          <button type="submit" name="act" value="send" disabled={doing.isPending}>
            {words.send}
          </button>
          <button type="submit" name="act" value="fetch" className="primary" disabled={doing.isPending}>
            {words.fetch}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Done({ transfer, name }: { readonly transfer: Transfer; readonly name: string }) {
  return (
    <p className={styles.done}>
      {transfer.address === undefined ? (
        words.sent
      ) : (
        <a href={transfer.address} download={name}>
          {words.save(name)}
        </a>
      )}{' '}
      <Link to="/runs/$run" params={{ run: transfer.run }} search={{}}>
        {words.run}
      </Link>
    </p>
  );
}
