import type { AgentHost } from '../agents/agent-host.ts';
import { budgetFrom } from '../agents/ask-for-budget.ts';
import { leaveFrom } from '../agents/leave-to-start.ts';
import type { DaemonBase } from '../create-daemon.ts';
import type { DaemonPart } from '../daemon-part.ts';

/** Which agents this host can run: looked up at the start, and when somebody says that something has changed. */
export function agentsPart(agents: AgentHost, daemon: Pick<DaemonBase, 'refreshFacts' | 'client'>): DaemonPart {
  return {
    name: 'agents',
    start: () => {
      agents.askLeaveWith(leaveFrom(() => daemon.client));
      agents.askBudgetWith(budgetFrom(() => daemon.client));
      agents.onChange(() => daemon.refreshFacts());
      void agents.start();
    },
    look: () => void agents.look(),
    facts: () => ({ agents: agents.facts() }),
  };
}
