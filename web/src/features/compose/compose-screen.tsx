import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { isToolName, TOOLS, type ToolName } from '#protocol/tools/tools.ts';
import { policySentence } from '../../orders/policy-sentence.ts';
import { Action } from '../../parts/action.tsx';
import { CopyText } from '../../parts/copy-text.tsx';
import { Page } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { groupsQuery } from '../../targets/queries.ts';
import { readTarget } from '../../targets/read-target.ts';
import { SelectorBox } from '../../targets/selector-box.tsx';
import { runWords } from '../../words/runs.ts';
import { commandLine } from './command-line.ts';
import styles from './compose-screen.module.css';
import { PinnedRun } from './pinned-run.tsx';
import { FIRST_POLICY, type PolicyDraft, readPolicyDraft } from './policy-draft.ts';
import { PolicyFields } from './policy-fields.tsx';
import { previewQuery } from './queries.ts';
import { composeRoute } from './routes.ts';
import { TargetPreview } from './target-preview.tsx';
import { fieldsOf, OFFERED_TOOLS, readArgs } from './tool-fields.ts';
import { ToolForm } from './tool-form.tsx';

/** An order, put together: what, where and how, with who it means beside it. */
export function ComposeScreen() {
  const { on = '', tool: asked } = composeRoute.useSearch();
  const tool: ToolName = asked !== undefined && isToolName(asked) ? asked : 'script.run';
  const navigate = useNavigate({ from: composeRoute.fullPath });
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [policy, setPolicy] = useState<PolicyDraft>(FIRST_POLICY);
  const { data: groups = [] } = useQuery(groupsQuery);
  const read = readTarget(on, groups);
  const target = read.kind === 'target' ? read.target : undefined;
  const preview = useQuery(previewQuery(on.trim() === '' ? undefined : target));

  const fields = fieldsOf(tool);
  const args = readArgs(fields, typed);
  const secrets = new Set(fields.filter(({ isSecret }) => isSecret).map(({ name }) => name));
  const wirePolicy = readPolicyDraft(policy);
  const [isChecking, setIsChecking] = useState(false);
  const isReady =
    on.trim() !== '' &&
    target !== undefined &&
    fields.every(({ name, isRequired }) => !isRequired || args[name] !== undefined);
  const run = () => isReady && setIsChecking(true);
  const send = (event: FormEvent) => {
    event.preventDefault();
    run();
  };
  const count = preview.data?.connected;
  return (
    <Page title={runWords.compose.title}>
      <form className={styles.columns} onSubmit={send}>
        <div className={styles.column}>
          <Panel title={runWords.compose.tool} hint={TOOLS[tool].summary}>
            <select
              aria-label={runWords.compose.tool}
              value={tool}
              onChange={({ target: { value } }) =>
                void navigate({ search: (before) => ({ ...before, tool: value }), replace: true })
              }
            >
              {OFFERED_TOOLS.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
            <ToolForm
              fields={fields}
              typed={typed}
              change={(name, text) => setTyped((before) => ({ ...before, [name]: text }))}
              send={run}
            />
          </Panel>
          <Panel title={runWords.compose.how} hint={policySentence(wirePolicy)}>
            <PolicyFields policy={policy} change={(changes) => setPolicy((before) => ({ ...before, ...changes }))} />
          </Panel>
        </div>
        <div className={styles.column}>
          <Panel title={runWords.compose.where}>
            <SelectorBox
              label={runWords.compose.where}
              value={on}
              change={(text) =>
                void navigate({ search: (before) => ({ ...before, on: text || undefined }), replace: true })
              }
            />
            {on.trim() === '' ? (
              <p className={styles.hint}>{runWords.compose.nowhere}</p>
            ) : (
              <TargetPreview query={preview} />
            )}
          </Panel>
          <Panel title={runWords.compose.line}>
            <CopyText text={commandLine({ tool, args, on, policy, secrets })} label={runWords.compose.line} />
          </Panel>
          <div className={styles.go}>
            <Action scope="aegis.edge.fleet.manage" look={isReady ? 'primary' : 'primary waiting'} act={run}>
              <Play size={15} aria-hidden />
              {count === undefined || count === 0 ? runWords.compose.runPlain : runWords.compose.run(count)}
            </Action>
            {!isReady && <span className={styles.hint}>{runWords.compose.missing}</span>}
          </div>
        </div>
      </form>
      {isChecking && <PinnedRun order={{ on, tool, args, policy: wirePolicy }} close={() => setIsChecking(false)} />}
    </Page>
  );
}
