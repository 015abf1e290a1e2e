import { useState } from 'react';
import type { Target } from '#client/edge-fleet/wire.ts';
import { call } from '../../api/call.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { nodeWords } from '../../words/nodes.ts';
import { isSelected, type NodeSelection } from './node-selection.ts';

interface ChangeTagsProps {
  readonly selection: NodeSelection;
  readonly target: Target;
  readonly count: number;
  readonly close: () => void;
}

const AT_ONCE = 4;

/** Tags belong to one node each: the nodes are gone through by page, a few at a time, and the dialog tells how far it is. */
export function ChangeTags({ selection, target, count, close }: ChangeTagsProps) {
  const [done, setDone] = useState<number>();
  const act = async (form: FormData) => {
    const change = { add: tagsOf(form, 'add'), remove: tagsOf(form, 'remove') };
    let changed = 0;
    for await (const ids of selectedIds(selection, target)) {
      await Promise.all(ids.map((id) => call('POST /v1/edge/hosts/{id}/tags', { path: { id }, body: change })));
      changed += ids.length;
      setDone(changed);
    }
  };
  return (
    <FormDialog
      title={nodeWords.nodes.tagTitle(count)}
      submit={nodeWords.nodes.changeTags}
      close={close}
      act={act}
      changes={['nodes', 'node']}
    >
      <Field label={nodeWords.nodes.addTags} hint={nodeWords.nodes.tagsHint}>
        {(ids) => <input {...ids} name="add" spellCheck={false} autoComplete="off" />}
      </Field>
      <Field label={nodeWords.nodes.removeTags}>
        {(ids) => <input {...ids} name="remove" spellCheck={false} autoComplete="off" />}
      </Field>
      {done !== undefined && <p role="status">{nodeWords.nodes.tagged(done, count)}</p>}
    </FormDialog>
  );
}

function tagsOf(form: FormData, name: string): string[] {
  return (textOf(form, name) ?? '').split(/[\s,]+/).filter((tag) => tag !== '');
}

/** The ids of a selection, a handful at a time. */
async function* selectedIds(selection: NodeSelection, target: Target): AsyncGenerator<readonly string[]> {
  if (selection.kind === 'some') return yield* handfuls([...selection.ids]);
  let cursor: string | null = null;
  do {
    const page: { items: readonly { node_id: string }[]; next_cursor: string | null } = await call(
      'POST /v1/edge/hosts/search',
      {
        body: { target, limit: 200, ...(cursor !== null && { cursor }) },
      },
    );
    yield* handfuls(page.items.map(({ node_id: id }) => id).filter((id) => isSelected(selection, id)));
    cursor = page.next_cursor;
  } while (cursor !== null);
}

function* handfuls(ids: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < ids.length; at += AT_ONCE) yield ids.slice(at, at + AT_ONCE);
}
