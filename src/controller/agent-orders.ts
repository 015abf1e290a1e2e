import type { AgentOrder, AgentOrders } from '#core/dispatches/agent-orders.ts';
import type { Budget, Dispatch } from '#core/dispatches/dispatch.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { sealToNode } from '#protocol/sealing/seal-to-node.ts';
import type { AgentRunArgs, SealedPayload } from '#protocol/tools/agent-run.ts';

/** Writes the arguments of `agent.run`. */
export function agentOrders({ gitBaseUrl }: { readonly gitBaseUrl: string }): AgentOrders {
  return {
    gitHost: URL.parse(gitBaseUrl)?.host ?? '',
    argumentsFor(order) {
      const { dispatch } = order;
      const { network, hosts, budget, judge } = dispatch.wishes;
      const sealed = seal(order);
      const args: AgentRunArgs = {
        dispatch_id: dispatch.name,
        agent: dispatch.agent,
        task: dispatch.task,
        context: dispatch.context,
        model: dispatch.model,
        timeout_secs: dispatch.timeoutSeconds,
        workspace: {
          mode: dispatch.workspaceMode,
          ...(dispatch.workspaceId !== null && { id: dispatch.workspaceId }),
          ...(dispatch.resumes !== null && { resumes: dispatch.resumes }),
        },
        ...(dispatch.repo !== null && {
          repository: {
            base_url: gitBaseUrl,
            name: dispatch.repo,
            ...(dispatch.branch && { branch: dispatch.branch }),
          },
        }),
        ...(sealed !== undefined && { sealed }),
        ...(budget !== undefined && { budget: budgetFor(dispatch, budget) }),
        ...(judge !== undefined && { judge }),
        ...(network !== undefined && { network: { mode: network, ...(hosts && { hosts: [...hosts] }) } }),
      };
      return args;
    },
  };
}

/** A node of before knows no `when_spent`, so it is there only where it has to be. */
function budgetFor({ budgetDemand }: Dispatch, { tokens, requests }: Budget): NonNullable<AgentRunArgs['budget']> {
  return {
    ...(tokens !== undefined && { tokens }),
    ...(requests !== undefined && { requests }),
    ...(budgetDemand !== null && { when_spent: 'ask' as const }),
  };
}

/** Undefined where nothing is secret. @throws FleetError `invalid` */
function seal({ dispatch, worker, secrets, modelKey, gitCredentials }: AgentOrder): string | undefined {
  const names = Object.keys(secrets);
  if (names.length === 0 && modelKey === undefined && gitCredentials === undefined) return undefined;
  if (worker.sealingKey === '')
    throw new FleetError(
      'invalid',
      `the machine ${worker.name} has told no key that secrets could be sealed to; update it`,
    );
  const payload: SealedPayload = {
    secrets: Object.fromEntries(names.map((name) => [name, secrets[name]?.reveal() ?? ''])),
    ...(modelKey !== undefined && { model_keys: { [dispatch.agent]: modelKey.reveal() } }),
    ...(gitCredentials !== undefined && { git: userAndPassword(gitCredentials.reveal()) }),
  };
  return sealToNode(Buffer.from(worker.sealingKey, 'base64'), JSON.stringify(payload), dispatch.name);
}

function userAndPassword(text: string): { readonly username: string; readonly password: string } {
  const at = text.indexOf(':');
  return { username: text.slice(0, at), password: text.slice(at + 1) };
}
