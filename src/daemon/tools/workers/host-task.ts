import type { ToolArgs, ToolName } from '#protocol/tools/tools.ts';
import type { ToolEnding } from '../../executions/executor.ts';
import { programsIn } from '../../facts/programs-in.ts';
import { decide, type PolicyContext, type PolicyDecision } from '../../policy/decide.ts';
import { placesOf } from '../../policy/places.ts';
import type { Policy } from '../../policy/policy.ts';
import { actOnFile, type FileTool } from '../files/act-on-file.ts';

/** What touches paths that may hang, as data. */
export type HostTask =
  | {
      readonly kind: 'file';
      readonly tool: FileTool;
      readonly args: ToolArgs[FileTool];
      readonly policy: Policy;
      /** What the daemon keeps, and what the operator closes. */
      readonly own: readonly string[];
      readonly path: string;
    }
  | {
      readonly kind: 'decide';
      readonly standing: PolicyContext;
      readonly tool: ToolName;
      readonly args: ToolArgs[ToolName];
    }
  | { readonly kind: 'programs'; readonly directories: readonly string[]; readonly names: readonly string[] };

export interface HostAnswers {
  readonly file: ToolEnding;
  readonly decide: PolicyDecision;
  readonly programs: readonly string[];
}

/** What is closed is looked up by whoever the daemon is; the returned work is for whoever the task is for. */
export function prepareTask(task: HostTask): () => HostAnswers[HostTask['kind']] | Promise<HostAnswers['file']> {
  switch (task.kind) {
    case 'file': {
      const { tool, args, policy, own, path } = task;
      const places = placesOf(policy, { own, path });
      return () => actOnFile({ tool, args, places });
    }
    case 'decide':
      return () => decide(task.standing, task.tool, task.args);
    case 'programs':
      return () => programsIn(task.directories, task.names);
  }
}
