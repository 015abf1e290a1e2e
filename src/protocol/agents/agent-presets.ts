/**
 * The agents we know by name: their real command lines, measured with the versions of `evaluations/agents.md`. Everything
 * a CLI needs goes in by arguments, environment and files of a private home; none of them needs a login before.
 *
 * In arguments, variables and files `{model}`, `{workspace}`, `{home}`, `{promptFile}` and `{baseUrl}` are filled in. The
 * base URL leads to the node's relay, which knows the key; what an agent has in its place is `{key}`, a word without worth.
 */
import type { AGENT_PROMPTS, AGENT_PROTOCOLS } from '../tools/agent-run.ts';

export type AgentPrompt = (typeof AGENT_PROMPTS)[number];
export type AgentProtocol = (typeof AGENT_PROTOCOLS)[number];
type KeyHeader = 'x-api-key' | 'x-goog-api-key' | 'authorization';

export interface AgentEntry {
  /** The program, as it is found on the PATH, and its arguments. */
  readonly command: readonly string[];
  /** Undefined: it is not asked for its version. */
  readonly versionArgs?: readonly string[];
  readonly prompt: AgentPrompt;
  readonly env: Readonly<Record<string, string>>;
  /** Beside `env`, where its requests may be held until somebody has decided. */
  readonly patientEnv?: Readonly<Record<string, string>>;
  /** Path below the home → content. */
  readonly files?: Readonly<Record<string, string>>;
  readonly protocol: AgentProtocol;
  /** Undefined: the name of the agent is what is told. */
  readonly model?: string;
  readonly relay?: RelayTarget;
  readonly minMemoryMb: number;
}

/** What the relay lets through, and where to. */
export interface RelayTarget {
  readonly upstream: string;
  readonly keyHeader: KeyHeader;
  /** Method and path: with all below it, or, where it ends in `*`, all that begins with it. */
  readonly allowed: readonly (readonly [method: string, path: string])[];
}

const OPENAI_PATHS = [
  ['POST', '/v1/chat/completions'],
  ['POST', '/v1/responses'],
  ['GET', '/v1/models'],
] as const;

const codexProvider =
  'model_providers.m={name="m",base_url="{baseUrl}/v1",env_key="MODEL_KEY",wire_api="responses",request_max_retries=2,stream_max_retries=2,stream_idle_timeout_ms=120000}';

const geminiSettings = JSON.stringify({
  security: { auth: { selectedType: 'gemini-api-key' } },
  general: { enableAutoUpdate: false, maxAttempts: 3 },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
});

const opencodeConfig = JSON.stringify({
  provider: {
    relay: {
      npm: '@ai-sdk/openai-compatible',
      name: 'relay',
      options: { baseURL: '{baseUrl}/v1', apiKey: '{key}' },
      models: { '{model}': {} },
    },
  },
  permission: 'allow',
  autoupdate: false,
});

const gemini: AgentEntry = {
  command: [
    ...['gemini', '--output-format', 'stream-json', '--approval-mode', 'yolo', '--skip-trust', '-m', '{model}'],
  ],
  versionArgs: ['--version'],
  prompt: 'stdin',
  env: { GEMINI_API_KEY: '{key}', GOOGLE_GEMINI_BASE_URL: '{baseUrl}', GEMINI_CLI_NO_RELAUNCH: 'true' },
  files: { '.gemini/settings.json': geminiSettings },
  protocol: 'gemini',
  model: 'gemini-3-pro-preview',
  relay: {
    upstream: 'https://generativelanguage.googleapis.com',
    keyHeader: 'x-goog-api-key',
    allowed: [
      ['POST', '/v1beta/models/*'],
      ['GET', '/v1beta/models'],
    ],
  },
  minMemoryMb: 512,
};

const grok: AgentEntry = {
  command: [
    ...['grok', '--no-auto-update', '--prompt-file', '{promptFile}', '--output-format', 'streaming-json'],
    ...['--always-approve', '--cwd', '{workspace}', '-m', '{model}'],
  ],
  versionArgs: ['--version'],
  prompt: 'file',
  env: {
    XAI_API_KEY: '{key}',
    GROK_HOME: '{home}/.grok',
    GROK_XAI_API_BASE_URL: '{baseUrl}/v1',
    GROK_MODELS_BASE_URL: '{baseUrl}/v1',
    GROK_DISABLE_AUTOUPDATER: '1',
  },
  protocol: 'grok',
  model: 'grok-4.1',
  relay: {
    upstream: 'https://api.x.ai',
    keyHeader: 'authorization',
    allowed: [...OPENAI_PATHS, ['GET', '/v1/api-key'], ['GET', '/']],
  },
  minMemoryMb: 512,
};

export const AGENT_PRESETS: Readonly<Record<string, AgentEntry>> = {
  claude: {
    command: [
      ...['claude', '-p', '--output-format', 'stream-json', '--verbose', '--permission-mode', 'bypassPermissions'],
      // a repository's own settings run hooks and move the base URL
      ...['--setting-sources', 'user', '--strict-mcp-config', '--model', '{model}'],
    ],
    versionArgs: ['--version'],
    prompt: 'stdin',
    env: {
      ANTHROPIC_BASE_URL: '{baseUrl}',
      ANTHROPIC_API_KEY: '{key}',
      CLAUDE_CONFIG_DIR: '{home}/.claude',
      IS_SANDBOX: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      API_TIMEOUT_MS: '120000',
    },
    patientEnv: { API_TIMEOUT_MS: '86400000' },
    protocol: 'claude',
    model: 'claude-opus-4-5-20251101',
    relay: {
      upstream: 'https://api.anthropic.com',
      keyHeader: 'x-api-key',
      allowed: [
        ['POST', '/v1/messages'],
        ['GET', '/v1/models'],
        ['HEAD', '/'],
      ],
    },
    minMemoryMb: 512,
  },
  codex: {
    command: [
      ...['codex', 'exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'],
      ...['-C', '{workspace}', '-m', '{model}', '-c', 'analytics.enabled=false'],
      ...['-c', 'check_for_update_on_startup=false', '--disable', 'apps', '--disable', 'plugins'],
      ...['--disable', 'remote_plugin', '-c', 'model_provider="m"', '-c', codexProvider, '-'],
    ],
    versionArgs: ['--version'],
    prompt: 'stdin',
    env: { CODEX_HOME: '{home}/.codex', MODEL_KEY: '{key}' },
    files: { '.codex/.keep': '' },
    protocol: 'codex',
    model: 'gpt-5.2-codex',
    relay: { upstream: 'https://api.openai.com', keyHeader: 'authorization', allowed: OPENAI_PATHS },
    minMemoryMb: 512,
  },
  gemini,
  'gemini-acp': { ...gemini, command: ['gemini', '--acp', '--skip-trust', '-m', '{model}'], protocol: 'acp' },
  grok,
  // `-m` has to follow `agent`
  'grok-acp': { ...grok, command: ['grok', '--no-auto-update', 'agent', '-m', '{model}', 'stdio'], protocol: 'acp' },
  aider: {
    command: [
      ...['aider', '--message-file', '{promptFile}', '--yes-always', '--no-auto-commits', '--no-check-update'],
      ...['--analytics-disable', '--no-stream', '--model', '{model}'],
    ],
    versionArgs: ['--version'],
    prompt: 'file',
    env: { DEEPSEEK_API_KEY: '{key}', DEEPSEEK_API_BASE: '{baseUrl}/v1', OPENAI_API_BASE: '{baseUrl}/v1' },
    protocol: 'text',
    model: 'deepseek/deepseek-coder',
    relay: { upstream: 'https://api.deepseek.com', keyHeader: 'authorization', allowed: OPENAI_PATHS },
    minMemoryMb: 512,
  },
  opencode: {
    command: [...['opencode', 'run', '--format', 'json', '-m', 'relay/{model}', '--auto', '--dir', '{workspace}']],
    versionArgs: ['--version'],
    prompt: 'stdin',
    env: {
      OPENCODE_CONFIG_CONTENT: opencodeConfig,
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
      OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    },
    protocol: 'opencode',
    model: 'gpt-5.2-codex',
    relay: { upstream: 'https://api.openai.com', keyHeader: 'authorization', allowed: OPENAI_PATHS },
    minMemoryMb: 1536,
  },
  copilot: {
    command: [
      ...['copilot', '-p', '{prompt}', '--allow-all-tools', '--allow-all-paths', '--output-format', 'json'],
      ...['-C', '{workspace}', '--no-auto-update'],
    ],
    versionArgs: ['--version'],
    prompt: 'argument',
    env: {
      COPILOT_OFFLINE: 'true',
      COPILOT_PROVIDER_BASE_URL: '{baseUrl}/v1',
      COPILOT_PROVIDER_API_KEY: '{key}',
      COPILOT_MODEL: '{model}',
      COPILOT_HOME: '{home}/.copilot',
    },
    protocol: 'copilot',
    model: 'gpt-5.2-codex',
    relay: { upstream: 'https://api.openai.com', keyHeader: 'authorization', allowed: OPENAI_PATHS },
    minMemoryMb: 512,
  },
};
