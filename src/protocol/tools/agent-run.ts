import type { XStatic } from 'typebox/schema';
import { NO_NUL, timeoutSeconds } from './strings.ts';

/** A task and what goes with it; the contract (seed 002) has 50,000 characters, a retry adds what went wrong before. */
const MAX_TASK_LENGTH = 65_536;

const DISPATCH_ID = '^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$';

const agentName = {
  type: 'string',
  pattern: '^[a-z][a-z0-9_-]{0,63}$',
  maxLength: 64,
  description: 'the name of an agent',
} as const;

const shortText = { type: 'string', pattern: NO_NUL, maxLength: 1024, description: 'text without NUL' } as const;

/** `host`, `host:port` or `*.host`; without a port, 443. */
const hostPattern = {
  type: 'string',
  pattern: '^(\\*\\.)?[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63}){0,20}(:[0-9]{1,5})?$',
  maxLength: 260,
  description: 'a host name, with a port or not',
} as const;

const agentEnvironment = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$', maxLength: 128, description: 'the name of a variable' },
  additionalProperties: { type: 'string', pattern: NO_NUL, maxLength: 32_768, description: 'text without NUL' },
  maxProperties: 64,
} as const;

export const AGENT_PROMPTS = ['stdin', 'argument', 'file'] as const;
export const AGENT_PROTOCOLS = ['text', 'claude', 'codex', 'gemini', 'grok', 'opencode', 'copilot', 'acp'] as const;
export const NETWORK_MODES = ['off', 'allow-list', 'open'] as const;
export type NetworkMode = (typeof NETWORK_MODES)[number];
export const WHEN_SPENT = ['end', 'ask'] as const;
export const CONTEXT_LEVELS = ['minimal', 'standard', 'full'] as const;
export const WORKSPACE_MODES = ['ephemeral', 'persistent'] as const;

/** An agent of the operator's own (`GARRISON_AGENTS`), for nodes that have no entry of this name themselves. */
export const agentDefinitionSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    /**
     * The program and its arguments; `{model}`, `{workspace}`, `{promptFile}` and `{baseUrl}` are filled in. No shell.
     * A name we know keeps its own without, and what else is said is said of that one.
     */
    command: {
      type: 'array',
      items: { type: 'string', pattern: NO_NUL, maxLength: 8192, description: 'text without NUL' },
      minItems: 1,
      maxItems: 256,
    },
    /** How it is given its task. Default stdin. */
    prompt: { enum: AGENT_PROMPTS },
    env: agentEnvironment,
    /** What it is asked to use, and what is told of it. */
    model: shortText,
    /** How its output is read. Default text: its exit code alone says how it went. */
    protocol: { enum: AGENT_PROTOCOLS },
    /** The model's provider: the relay in front of it puts in the key. Default: no relay. */
    upstream: {
      type: 'string',
      pattern: '^https?://[^\\s\\u0000@]*$',
      maxLength: 2048,
      description: 'an http or https URL without credentials',
    },
  },
} as const;

export type AgentDefinition = XStatic<typeof agentDefinitionSchema>;

export const agentRunSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['dispatch_id', 'agent', 'task'],
  properties: {
    /** Names the dispatch in logs and artifacts, and is what `sealed` is bound to. */
    dispatch_id: {
      type: 'string',
      pattern: DISPATCH_ID,
      maxLength: 128,
      description: 'an identifier',
    },
    agent: agentName,
    definition: agentDefinitionSchema,
    /** Given to the agent word for word, before any context. */
    task: { type: 'string', minLength: 1, maxLength: MAX_TASK_LENGTH },
    /** How much of the repository goes with the task. Default standard. */
    context: { enum: CONTEXT_LEVELS },
    /** Without it, the workspace is an empty repository. */
    repository: {
      type: 'object',
      additionalProperties: false,
      required: ['base_url', 'name'],
      properties: {
        /** `https:`, `http:`, `ssh:` or `file:`, without credentials. */
        base_url: {
          type: 'string',
          pattern: '^(https?|ssh|file)://[^\\s\\u0000@]*$',
          maxLength: 2048,
          description: 'an https, http, ssh or file URL without credentials',
        },
        /** `owner/repo`. */
        name: {
          type: 'string',
          pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}/\\.?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}$',
          maxLength: 201,
          description: 'owner/repo',
        },
        /** Default main. */
        branch: {
          type: 'string',
          pattern: '^[^-\\s\\u0000-\\u001f~^:?*\\[\\\\][^\\s\\u0000-\\u001f~^:?*\\[\\\\]{0,254}$',
          maxLength: 255,
          description: 'the name of a branch',
        },
        /** Commits of history; 0 is all of it. Default 1. */
        depth: { type: 'integer', minimum: 0, maximum: 1_000_000 },
      },
    },
    workspace: {
      type: 'object',
      additionalProperties: false,
      required: ['mode'],
      properties: {
        mode: { enum: WORKSPACE_MODES },
        /** The id of a persistent one. */
        id: {
          type: 'string',
          pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
          maxLength: 36,
          description: 'a UUID',
        },
        /** Goes on with what this dispatch left in it: nothing is cleaned, and changes count from where that one began. */
        resumes: { type: 'string', pattern: DISPATCH_ID, maxLength: 128, description: 'an identifier' },
      },
    },
    /** A `SealedPayload` sealed to the node's key (`protocol/sealing`), base64. */
    sealed: { type: 'string', maxLength: 262_144 },
    model: shortText,
    /** The relay answers no further request once it is spent. */
    budget: {
      type: 'object',
      additionalProperties: false,
      properties: {
        /** Read and written together. */
        tokens: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        requests: { type: 'integer', minimum: 1, maximum: 1_000_000 },
        /** `ask`: what the agent asks of its model waits until somebody has given it more, or has not. Default end. */
        when_spent: { enum: WHEN_SPENT },
      },
    },
    limits: {
      type: 'object',
      additionalProperties: false,
      properties: {
        memory_mb: { type: 'integer', minimum: 16, maximum: 1_048_576 },
        processes: { type: 'integer', minimum: 4, maximum: 100_000 },
        cpus: { type: 'number', exclusiveMinimum: 0, maximum: 1024 },
        disk_mb: { type: 'integer', minimum: 1, maximum: 16_777_216 },
        file_mb: { type: 'integer', minimum: 1, maximum: 16_777_216 },
      },
    },
    /** Counts from when the node begins with it. */
    timeout_secs: timeoutSeconds,
    /** Ended as `agent_idle` when it says nothing for so long. Default: no limit of its own. */
    idle_secs: timeoutSeconds,
    network: {
      type: 'object',
      additionalProperties: false,
      required: ['mode'],
      properties: {
        mode: { enum: NETWORK_MODES },
        /** For `allow-list`. */
        hosts: { type: 'array', items: hostPattern, maxItems: 256 },
      },
    },
    /** A script of `sh`, run on the result in the sandbox once the agent has ended by itself: 0 is good. */
    judge: { type: 'string', minLength: 1, maxLength: 4096, pattern: NO_NUL, description: 'text without NUL' },
    /** `workspace.tar.gz` is wanted too. */
    archive: { type: 'boolean' },
  },
} as const;

export type AgentRunArgs = XStatic<typeof agentRunSchema>;

/** What `sealed` holds, as JSON. @public */
export interface SealedPayload {
  /** Variables of the agent's environment; redacted wherever they come up. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Agent or provider → key; the relay alone sees them. */
  readonly model_keys?: Readonly<Record<string, string>>;
  /** For the git host. */
  readonly git?: { readonly username: string; readonly password: string };
}

export const agentDoctorSchema = {
  type: 'object',
  additionalProperties: false,
  properties: { agent: agentName },
} as const;

export type AgentDoctorArgs = XStatic<typeof agentDoctorSchema>;

export const workspaceDeleteSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['id'],
  properties: { id: agentRunSchema.properties.workspace.properties.id },
} as const;

export type WorkspaceDeleteArgs = XStatic<typeof workspaceDeleteSchema>;
