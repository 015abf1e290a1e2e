import Type from 'typebox';
import { DISPATCH_STATUSES } from '#core/dispatches/transitions.ts';
import { MAX_ITEMS, MAX_LENGTH } from '#surfaces/http/bounds.ts';
import { pattern } from '#surfaces/http/pattern-words.ts';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

const Status = Type.Enum([...DISPATCH_STATUSES]);
/** An id of another form is an unknown one, so it is no matter of the schema. */
const DispatchIdText = Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId });
export const DispatchPath = Type.Object({ dispatchId: DispatchIdText });
export const WorkspacePath = Type.Object({
  workspaceId: Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid }),
});

// ---- dispatches -------------------------------------------------------------------------------------------------

const AgentName = Type.String({ minLength: 1, maxLength: 64 });
const ModelName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: pattern('^[A-Za-z0-9][A-Za-z0-9._:/@-]*$', 'the name of a model'),
});
const Repo = Type.String({
  maxLength: 201,
  pattern: pattern(
    '^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/(?!\\.{1,2}$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$',
    'owner/repo, neither beginning with a dash',
  ),
});
const Branch = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: pattern('^[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*$', 'the name of a branch, not beginning with a dash'),
});
const Labels = Type.Record(Type.String({ maxLength: MAX_LENGTH.value }), Type.String({ maxLength: MAX_LENGTH.value }), {
  maxProperties: 32,
  propertyNames: { maxLength: MAX_LENGTH.value },
});
const Tags = Type.Record(Type.String({ maxLength: 128 }), Type.String({ maxLength: 256 }), {
  maxProperties: 64,
  propertyNames: { maxLength: 128 },
});
const Network = Type.Enum(['off', 'allow-list', 'open']);
const MAX_ATTEMPTS = 10;

export const CreateDispatchRequest = Type.Object(
  {
    agent: AgentName,
    task: Type.String({ minLength: 10, maxLength: 50_000, description: 'What the agent is to do.' }),
    repo: Type.Optional(Repo),
    branch: Type.String({ ...Branch, default: 'main' }),
    context: Type.Enum(['minimal', 'standard', 'full'], { default: 'standard' }),
    workspaceMode: Type.Enum(['ephemeral', 'persistent'], { default: 'ephemeral' }),
    timeoutSeconds: Type.Integer({ minimum: 30, maximum: 86_400, default: 600 }),
    additionalSecrets: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      default: [],
      maxItems: 64,
      description: 'Names of secrets of the tenant to hand to the run.',
    }),
    model: Type.Optional(
      Type.Unsafe<string>({ ...ModelName, description: 'Extension: instead of the model of the agent.' }),
    ),
    labels: Type.Optional(
      Type.Unsafe<Record<string, string>>({ ...Labels, description: 'Extension: labels the machine must have.' }),
    ),
    nodeTags: Type.Optional(
      Type.Array(Type.String({ maxLength: MAX_LENGTH.value }), {
        maxItems: 32,
        description: 'Extension: tags the machine must have.',
      }),
    ),
    network: Type.Optional(
      Type.Unsafe<'off' | 'allow-list' | 'open'>({
        ...Network,
        description: 'Extension: what the agent reaches beside its model. Default: what the machine says.',
      }),
    ),
    hosts: Type.Optional(
      Type.Array(
        Type.String({
          maxLength: 260,
          pattern: pattern(
            '^(\\*\\.)?[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63}){0,20}(:[0-9]{1,5})?$',
            'a host name, with a port or not',
          ),
        }),
        { maxItems: 256, description: 'Extension: hosts of the allow-list.' },
      ),
    ),
    budget: Type.Optional(
      Type.Object(
        {
          tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 })),
          requests: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
          whenSpent: Type.Optional(
            Type.Enum(['end', 'ask'], {
              description:
                'end: the relay answers no further request. ask: it holds them until somebody has given it more. Default: as the installation is set.',
            }),
          ),
        },
        { description: 'Extension: what it may use of its model.' },
      ),
    ),
    judge: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 4_096,
        pattern: pattern('^[^\\u0000]*$', 'text without NUL'),
        description:
          'Extension: a script of `sh`, run in the sandbox on what the agent left; 0 is good, and a number in its last line is the score.',
      }),
    ),
    tags: Type.Optional(Type.Unsafe<Record<string, string>>({ ...Tags, description: 'Extension: to find it by.' })),
    attempts: Type.Optional(
      Type.Array(Type.Object({ agent: Type.Optional(AgentName), model: Type.Optional(ModelName) }), {
        minItems: 1,
        maxItems: MAX_ATTEMPTS,
        description: 'Extension: further dispatches of the same task, each with another agent or model.',
      }),
    ),
  },
  { title: 'CreateDispatchRequest' },
);

const CreatedFields = {
  dispatchId: Type.String(),
  status: Type.Literal('pending'),
  agent: Type.String(),
  modelId: Type.String(),
  estimatedStartTime: Instant,
  approval: Type.Optional(Type.String({ format: 'uuid', description: 'Extension: the approval that it waits for.' })),
};

export const CreatedDispatch = Type.Object(
  {
    ...CreatedFields,
    attemptGroup: Type.Optional(Type.String({ description: 'Extension: where there are several attempts.' })),
    attempts: Type.Optional(Type.Array(Type.Object(CreatedFields))),
  },
  { title: 'CreatedDispatch' },
);

export const LogEntry = Type.Object({
  timestamp: Instant,
  message: Type.String(),
  level: Type.Enum(['debug', 'info', 'warn', 'error']),
  source: Type.String({ description: 'Extension: `garrison`, `agent`, `tool` or `git`.' }),
});

const Usage = Type.Object(
  {
    models: Type.Array(
      Type.Object({
        model: Type.String(),
        calls: Type.Integer({ minimum: 0 }),
        inputTokens: Type.Integer({ minimum: 0, description: 'Without those from a cache.' }),
        cachedInputTokens: Type.Integer({ minimum: 0 }),
        outputTokens: Type.Integer({ minimum: 0 }),
      }),
    ),
    modelCalls: Type.Integer({ minimum: 0 }),
    durationMs: Nullable(Type.Number({ minimum: 0 })),
    cpuMs: Nullable(Type.Number({ minimum: 0 })),
  },
  { description: 'As the relay beside the agent counted it.' },
);

const Judgement = Type.Object(
  {
    exitCode: Nullable(Type.Integer({ description: 'Null when it took too long.' })),
    score: Nullable(Type.Number()),
    output: Type.String(),
    durationMs: Nullable(Type.Number({ minimum: 0 })),
  },
  { description: 'What the judge said; null where there is none, or the agent did not end by itself.' },
);

const DispatchBudget = Type.Object({
  maxTokens: Nullable(Type.Integer({ minimum: 1, description: 'Read and written together, as it was asked for.' })),
  maxRequests: Nullable(Type.Integer({ minimum: 1 })),
  whenSpent: Type.Enum(['end', 'ask']),
  addedTokens: Type.Integer({ minimum: 0, description: 'Given since.' }),
  addedRequests: Type.Integer({ minimum: 0 }),
});

const Parked = Type.Object(
  {
    since: Instant,
    reason: Type.String(),
    approval: Type.String({ format: 'uuid', description: 'Approving it gives as much again; denying it ends it.' }),
  },
  { description: 'Its budget is spent, and its node waits until somebody has given it more.' },
);

/** Everything but the logs. */
const DispatchFields = {
  dispatchId: Type.String(),
  status: Status,
  agent: Type.String(),
  modelId: Type.String(),
  task: Type.String(),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  startedAt: Nullable(Instant),
  taskArn: Nullable(Type.String()),
  repo: Nullable(Type.String()),
  branch: Nullable(Type.String()),
  context: Type.String(),
  workspaceMode: Type.String(),
  workspaceId: Nullable(Type.String()),
  timeoutSeconds: Type.Integer(),
  createdAt: Instant,
  endedAt: Nullable(Instant),
  nodeId: Nullable(Type.String({ description: 'The machine it was placed on.' })),
  exitCode: Nullable(Type.Integer()),
  errorCode: Nullable(Type.String()),
  errorMessage: Nullable(Type.String()),
  cancelReason: Nullable(Type.String()),
  usage: Nullable(Usage),
  costUsd: Nullable(Type.Number({ minimum: 0, description: 'Null where a price is not known.' })),
  judge: Nullable(Type.String()),
  judgement: Nullable(Judgement),
  resumes: Nullable(Type.String({ description: 'The dispatch whose work it goes on with.' })),
  budget: Nullable(DispatchBudget),
  parked: Nullable(Parked),
  tags: Type.Record(Type.String(), Type.String()),
  attemptGroup: Nullable(Type.String()),
  createdBy: Type.String(),
};

export const DispatchSummary = Type.Object(DispatchFields, { title: 'DispatchSummary' });

export const Dispatch = Type.Object(
  {
    ...DispatchFields,
    transitions: Type.Array(Type.Object({ status: Status, at: Instant, reason: Nullable(Type.String()) })),
    logs: Type.Optional(Type.Array(LogEntry, { maxItems: 1_000 })),
    logOffset: Type.Optional(Type.String()),
  },
  { title: 'Dispatch' },
);

export const DispatchQuery = Type.Object({
  logOffset: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'Position from an earlier answer.' }),
  ),
  logLimit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
  skipLogs: Type.Boolean({ default: false }),
});

export const LogQuery = Type.Object({
  logOffset: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'Position from an earlier answer.' }),
  ),
});

export const DispatchListQuery = Type.Object({
  status: Type.Optional(Status),
  agent: Type.Optional(AgentName),
  repo: Type.Optional(Repo),
  since: Type.Optional(Type.String({ format: 'date-time', maxLength: MAX_LENGTH.instant })),
  tag: Type.Optional(
    Type.Array(
      Type.String({
        maxLength: 400,
        pattern: pattern('^[^=]{1,128}=.{0,256}$', 'of the form name=value'),
      }),
      { maxItems: 16, description: 'All of them.' },
    ),
  ),
  attemptGroup: Type.Optional(Type.String({ format: 'uuid', maxLength: MAX_LENGTH.uuid })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter })),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
});

export const ResumeDispatchRequest = Type.Object(
  {
    task: Type.Optional(
      Type.String({ minLength: 10, maxLength: 50_000, description: 'Default: the same task as before.' }),
    ),
  },
  { title: 'ResumeDispatchRequest' },
);

export const GiveBudgetRequest = Type.Object(
  {
    addTokens: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000 })),
    addRequests: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  { title: 'GiveBudgetRequest', additionalProperties: false, minProperties: 1 },
);

export const CancelDispatchRequest = Type.Object(
  { reason: Type.String({ maxLength: 500, default: 'Cancelled by user' }) },
  { title: 'CancelDispatchRequest' },
);
export const CancelledDispatch = Type.Object({
  dispatchId: Type.String(),
  status: Type.Literal('cancelled'),
  message: Type.String(),
});

// ---- workspaces and artifacts -----------------------------------------------------------------------------------

export const PageQuery = Type.Object({
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: MAX_LENGTH.filter })),
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
});

export const Workspace = Type.Object(
  {
    workspaceId: Type.String({ format: 'uuid' }),
    userId: Type.String(),
    createdAt: Instant,
    lastAccessedAt: Instant,
    sizeBytes: Type.Integer({ minimum: 0 }),
    sizeFormatted: Type.String({ pattern: '^(0 B|\\d+(\\.\\d{2})? [KMGTP]?B)$' }),
    repoUrl: Nullable(Type.String()),
    efsAccessPointId: Nullable(Type.String()),
    nodeId: Nullable(Type.String({ description: 'Extension: the machine that keeps it.' })),
  },
  { title: 'Workspace' },
);
export const WorkspaceAnswer = Type.Object({ workspace: Workspace });
export const DeletedWorkspace = Type.Object({ workspaceId: Type.String(), message: Type.String() });

export const DownloadPath = Type.Object({
  ticket: Type.String({ minLength: 1, maxLength: MAX_LENGTH.pathId }),
  name: Type.String({ minLength: 1, maxLength: 200 }),
});

export const ArtifactQuery = Type.Object({
  expiresIn: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 3_600,
    description: 'Seconds the addresses stay good.',
  }),
});
export const ArtifactList = Type.Object(
  {
    dispatchId: Type.String(),
    artifacts: Type.Array(
      Type.Object({
        type: Type.Enum(['output', 'logs', 'workspace', 'metadata']),
        key: Type.String(),
        url: Type.String({ format: 'uri' }),
        expiresAt: Instant,
        sizeBytes: Type.Integer({ minimum: 0 }),
        contentType: Type.String(),
        sha256: Type.String({ description: 'Extension.' }),
      }),
      { maxItems: MAX_ITEMS.targets },
    ),
    status: Status,
  },
  { title: 'ArtifactList' },
);

// ---- health -----------------------------------------------------------------------------------------------------

const Health = Type.Enum(['healthy', 'degraded', 'unhealthy']);
const Check = Type.Object({ status: Type.Enum(['pass', 'warn', 'fail']), message: Type.String() });
export const HealthAnswer = Type.Object(
  {
    status: Health,
    version: Type.String(),
    uptime: Type.Number({ minimum: 0, description: 'Seconds.' }),
    checks: Type.Object({ efs: Check, 'worker-pool': Check }),
  },
  { title: 'Health' },
);

const Count = Type.Integer({ minimum: 0 });
const Percent = Type.Number({ minimum: 0, maximum: 100 });
const Amount = Type.Number({ minimum: 0 });
const PoolFigures = { totalTasks: Count, warmTasks: Count, inUseTasks: Count };
export const FleetHealth = Type.Object(
  {
    status: Health,
    pool: Type.Object({
      ...PoolFigures,
      byAgent: Type.Array(Type.Object({ agentType: Type.String(), ...PoolFigures, idleTasks: Count })),
    }),
    agents: Type.Array(
      Type.Object({
        agent: Type.String(),
        available: Type.Boolean(),
        modelId: Type.String(),
        poolSize: Count,
        active: Count,
        idle: Count,
        successRate: Percent,
        avgDurationMs: Amount,
        maxConcurrent: Count,
      }),
    ),
    system: Type.Object({
      cpuUsagePercent: Percent,
      memoryUsagePercent: Percent,
      memoryUsedMB: Amount,
      memoryTotalMB: Amount,
      heapUsedMB: Amount,
      heapTotalMB: Amount,
    }),
    dispatches: Type.Object({
      lastHourTotal: Count,
      byStatus: Type.Object({
        pending: Count,
        running: Count,
        completed: Count,
        failed: Count,
        cancelled: Count,
        timeout: Count,
      }),
    }),
    uptime: Amount,
    timestamp: Instant,
  },
  { title: 'FleetHealth' },
);
