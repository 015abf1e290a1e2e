import { useNavigate } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Field } from '../../parts/field.tsx';
import { FormDialog, textOf } from '../../parts/form-dialog.tsx';
import { nodeWords } from '../../words/nodes.ts';
import type { NodeDetail } from './queries.ts';

interface NodeActProps {
  readonly node: NodeDetail;
  readonly close: () => void;
}

export function RenameNode({ node, close }: NodeActProps) {
  const act = (form: FormData) =>
    call('PATCH /v1/edge/hosts/{id}', {
      path: { id: node.node_id },
      body: { name: textOf(form, 'name') ?? node.name },
    });
  return (
    <FormDialog
      title={nodeWords.node.renameTitle(node.name)}
      submit={nodeWords.node.save}
      close={close}
      act={act}
      changes={['node', 'nodes']}
    >
      <Field label={nodeWords.node.name}>
        {(ids) => <input {...ids} name="name" defaultValue={node.name} required spellCheck={false} />}
      </Field>
    </FormDialog>
  );
}

export type NodeEnd = 'revoke' | 'remove';

/** Both cannot be undone, so the name has to be typed. */
export function EndNode({ node, end, close }: NodeActProps & { readonly end: NodeEnd }) {
  const navigate = useNavigate();
  const id = node.node_id;
  const act = async () => {
    if (end === 'revoke') return call('DELETE /v1/edge/hosts/{id}', { path: { id } });
    await call('DELETE /api/v1/nodes/{id}', { path: { id: id.replace(/^n-/, '') } });
    await navigate({ to: '/nodes', search: {} });
  };
  const isRevoke = end === 'revoke';
  return (
    <Confirm
      title={isRevoke ? nodeWords.node.revokeTitle(node.name) : nodeWords.node.removeTitle(node.name)}
      consequence={isRevoke ? nodeWords.node.revokeWhat : nodeWords.node.removeWhat}
      submit={isRevoke ? nodeWords.node.revoke.replace('…', '') : nodeWords.node.remove.replace('…', '')}
      typed={node.name}
      close={close}
      act={act}
      changes={['node', 'nodes']}
    />
  );
}
