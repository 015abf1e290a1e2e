import { readFileSync } from 'node:fs';
import { agentsOf } from '#protocol/agents/agents-file.ts';
import type { AgentDefinition } from '#protocol/tools/agent-run.ts';
import { DaemonError, messageOf } from '../daemon-error.ts';

/** The operator's own agents; none where no file is named. @throws DaemonError `configuration_invalid` */
export async function readAgentsFile(file: string | undefined): Promise<Readonly<Record<string, AgentDefinition>>> {
  if (file === undefined) return {};
  try {
    const { parse } = await import('#runtime/yaml.ts'); // most daemons have no such file and need not carry a parser
    return agentsOf(parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const problem = `the agents in ${file} (GARRISON_AGENTS) cannot be used: ${messageOf(error)}`;
    throw new DaemonError('configuration_invalid', problem, { cause: error });
  }
}
