/** The five names of the contract, with the models it gives them: dispatches to them are taken even where no node offers them yet. */
export const CONTRACT_AGENTS = {
  claude: 'claude-opus-4-5-20251101',
  codex: 'gpt-5.2-codex',
  gemini: 'gemini-3-pro-preview',
  aider: 'deepseek/deepseek-coder',
  grok: 'grok-4.1',
} as const;

/** Agents by name, each with the model it uses unless another is asked for. */
export type AgentModels = ReadonlyMap<string, string>;

/** An agent as `GARRISON_AGENTS` configures it, as far as a controller asks. */
export interface ConfiguredAgent {
  readonly name: string;
  readonly model: string;
}

export function agentModels(configured: readonly ConfiguredAgent[]): AgentModels {
  const models = new Map<string, string>(Object.entries(CONTRACT_AGENTS));
  for (const { name, model } of configured) models.set(name, model);
  return models;
}
