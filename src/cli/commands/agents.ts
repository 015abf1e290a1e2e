import { CliError } from '../cli-error.ts';
import { argument, type CommandSpec } from '../command-spec.ts';
import { tableView } from '../output/print-view.ts';
import { resolveNodeUuid } from '../resolve-node-uuid.ts';

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the agents: which ones some machine offers, and how many can work at once.',
  examples: [['garrison agents list', 'what can be dispatched to now']],
  run: async (invocation) => {
    const { agents } = await (await invocation.dispatch()).fleet();
    await invocation.print(
      tableView(
        agents,
        [
          { header: 'AGENT', value: (one) => one.agent },
          { header: 'MODEL', value: (one) => one.modelId, isFlexible: true },
          { header: 'AVAILABLE', value: (one) => (one.available ? 'yes' : 'no') },
          { header: 'AT WORK', value: (one) => `${one.active}/${one.poolSize}` },
          { header: 'SUCCESS', value: (one) => `${one.successRate} %` },
        ],
        'No agents.',
      ),
    );
  },
};

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly mend?: string;
}

const doctor: CommandSpec = {
  name: 'doctor',
  description: 'Ask a machine what it has for agents, and what mends what is missing.',
  arguments: [argument('<node>', 'name or id')],
  examples: [['garrison agents doctor web-1', 'sandbox, limits and each agent']],
  run: async (invocation, node: string) => {
    const nodeId = await resolveNodeUuid(invocation, node);
    const client = await invocation.edgeFleet();
    const body = { target: { Node: `n-${nodeId}` }, tool: 'agent.doctor', args: {} };
    const { events } = await client.invoke(body, new AbortController().signal);
    let checks: readonly Check[] | undefined;
    let problem = 'the machine is not connected';
    for await (const { event, data } of events) {
      if (event !== 'command_result') continue;
      const { result } = data;
      if ('ok' in result)
        checks = (result.ok.result as { readonly checks?: readonly Check[] } | undefined)?.checks; // of agent.doctor
      else problem = JSON.stringify(result);
    }
    if (checks === undefined) throw new CliError(`${node} did not say what it has for agents: ${problem}`);
    await invocation.print(
      tableView(
        checks,
        [
          { header: 'CHECK', value: (one) => one.name },
          { header: 'GOOD', value: (one) => (one.ok ? 'yes' : 'no') },
          { header: 'WHAT', value: (one) => one.message, isFlexible: true },
          { header: 'WHAT MENDS IT', value: (one) => one.mend ?? '' },
        ],
        'Nothing was checked.',
      ),
    );
  },
};

export const command: CommandSpec = {
  name: 'agents',
  description: 'Coding agents: which machines offer them, and what one needs to.',
  examples: [['garrison agents list', 'what can be dispatched to now']],
  commands: [list, doctor],
};
