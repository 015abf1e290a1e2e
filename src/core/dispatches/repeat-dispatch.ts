/** Another dispatch of what one was asked for: from the beginning, or from where it stopped. */
import type { Context } from '../kernel/context.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import {
  type CreateDispatchDeps,
  type CreatedDispatch,
  createDispatches,
  type DispatchRequest,
} from './create-dispatch.ts';
import type { Dispatch } from './dispatch.ts';
import { getDispatch } from './read-dispatches.ts';
import { findNextInWorkspace } from './store.ts';
import { isDispatchOver } from './transitions.ts';

/** The same again, with its secrets and everything else it was given. @throws as `createDispatches`; FleetError `not_found` */
export async function retryDispatch(ctx: Context, deps: CreateDispatchDeps, name: string): Promise<CreatedDispatch> {
  const before = await getDispatch(ctx, deps, name);
  return createOne(ctx, deps, { ...requestOf(before), retryOf: before.id });
}

/**
 * Goes on in the workspace as `name` left it, nothing cleaned; the changes of both are in its patch. That nobody works in the
 * workspace in between is looked at here, and once more by the node that keeps it.
 * @throws as `createDispatches`; FleetError `not_found`; `conflict` where there is nothing to go on with
 */
export async function resumeDispatch(
  ctx: Context,
  deps: CreateDispatchDeps,
  { name, task }: { readonly name: string; readonly task?: string | undefined },
): Promise<CreatedDispatch> {
  const before = await getDispatch(ctx, deps, name);
  const reason = await whyNotResumed(deps, before);
  if (reason !== undefined) throw new FleetError('conflict', `${name} cannot be resumed: ${reason}`);
  return createOne(ctx, deps, { ...requestOf(before), task: taskToGoOn(before, task), resumes: name });
}

async function whyNotResumed({ db }: CreateDispatchDeps, before: Dispatch): Promise<string | undefined> {
  const { status, workspaceMode, workspaceId, runId } = before;
  if (!isDispatchOver(status)) return `it is ${status}; wait for its end, or cancel it`;
  if (workspaceMode !== 'persistent' || before.repo === null)
    return 'its workspace was not kept; ask for a persistent one when you dispatch a task that may have to go on';
  if (workspaceId === null) return 'its workspace was deleted';
  if (runId === null) return 'it was never placed on a machine, so retry it';
  const next = await findNextInWorkspace(db, before);
  return next && `${next} uses the workspace after it; resume that one`;
}

async function createOne(ctx: Context, deps: CreateDispatchDeps, request: DispatchRequest): Promise<CreatedDispatch> {
  const [created] = await createDispatches(ctx, deps, [request]);
  if (created === undefined) throw new Error('one was asked for');
  return created;
}

function requestOf(before: Dispatch): DispatchRequest {
  const { agent, model, task, repo, branch, context, workspaceMode, timeoutSeconds, secrets, wishes, tags } = before;
  return {
    ...{ agent, model, task, context, workspaceMode, timeoutSeconds, secrets, wishes, tags },
    repo: repo ?? undefined,
    branch: branch ?? undefined,
  };
}

const MOST_TASK_CHARACTERS = 50_000;
const REPEATED_CHARACTERS = 10_000;

/** The new task word for word first. */
function taskToGoOn({ name, task: before, status }: Dispatch, task = before): string {
  const about = task === before ? '' : ` Its task was:\n\n${before.slice(0, REPEATED_CHARACTERS)}`;
  return `${task.slice(0, MOST_TASK_CHARACTERS)}\n\nThis goes on with the dispatch ${name}, which ended ${status}. What it left is in the workspace.${about}`;
}
