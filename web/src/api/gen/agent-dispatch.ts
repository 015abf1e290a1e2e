// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.

type CreateDispatchRequest = { readonly agent: string; readonly task: string; readonly repo?: string | undefined; readonly branch?: string | undefined; readonly context?: "minimal" | "standard" | "full" | undefined; readonly workspaceMode?: "ephemeral" | "persistent" | undefined; readonly timeoutSeconds?: number | undefined; readonly additionalSecrets?: readonly (string)[] | undefined; readonly model?: string | undefined; readonly labels?: Readonly<Record<string, string>> | undefined; readonly nodeTags?: readonly (string)[] | undefined; readonly network?: "off" | "allow-list" | "open" | undefined; readonly hosts?: readonly (string)[] | undefined; readonly budget?: { readonly tokens?: number | undefined; readonly requests?: number | undefined; } | undefined; readonly tags?: Readonly<Record<string, string>> | undefined; readonly attempts?: readonly ({ readonly agent?: string | undefined; readonly model?: string | undefined; })[] | undefined; };
type CreatedDispatch = { readonly dispatchId: string; readonly status: "pending"; readonly agent: string; readonly modelId: string; readonly estimatedStartTime: string; readonly attemptGroup?: string | undefined; readonly attempts?: readonly ({ readonly dispatchId: string; readonly status: "pending"; readonly agent: string; readonly modelId: string; readonly estimatedStartTime: string; })[] | undefined; };
type DispatchSummary = { readonly dispatchId: string; readonly status: "pending" | "provisioning" | "running" | "completing" | "success" | "failed" | "timeout" | "cancelled"; readonly agent: string; readonly modelId: string; readonly task: string; readonly progress: number; readonly startedAt: string | null; readonly taskArn: string | null; readonly repo: string | null; readonly branch: string | null; readonly context: string; readonly workspaceMode: string; readonly workspaceId: string | null; readonly timeoutSeconds: number; readonly createdAt: string; readonly endedAt: string | null; readonly nodeId: string | null; readonly exitCode: number | null; readonly errorCode: string | null; readonly errorMessage: string | null; readonly cancelReason: string | null; readonly usage: { readonly models: readonly ({ readonly model: string; readonly calls: number; readonly inputTokens: number; readonly cachedInputTokens: number; readonly outputTokens: number; })[]; readonly modelCalls: number; readonly durationMs: number | null; readonly cpuMs: number | null; } | null; readonly costUsd: number | null; readonly tags: Readonly<Record<string, string>>; readonly attemptGroup: string | null; readonly createdBy: string; };
type LogEntry = { readonly timestamp: string; readonly message: string; readonly level: "debug" | "info" | "warn" | "error"; readonly source: string; };
type Dispatch = { readonly dispatchId: string; readonly status: "pending" | "provisioning" | "running" | "completing" | "success" | "failed" | "timeout" | "cancelled"; readonly agent: string; readonly modelId: string; readonly task: string; readonly progress: number; readonly startedAt: string | null; readonly taskArn: string | null; readonly repo: string | null; readonly branch: string | null; readonly context: string; readonly workspaceMode: string; readonly workspaceId: string | null; readonly timeoutSeconds: number; readonly createdAt: string; readonly endedAt: string | null; readonly nodeId: string | null; readonly exitCode: number | null; readonly errorCode: string | null; readonly errorMessage: string | null; readonly cancelReason: string | null; readonly usage: { readonly models: readonly ({ readonly model: string; readonly calls: number; readonly inputTokens: number; readonly cachedInputTokens: number; readonly outputTokens: number; })[]; readonly modelCalls: number; readonly durationMs: number | null; readonly cpuMs: number | null; } | null; readonly costUsd: number | null; readonly tags: Readonly<Record<string, string>>; readonly attemptGroup: string | null; readonly createdBy: string; readonly transitions: readonly ({ readonly status: "pending" | "provisioning" | "running" | "completing" | "success" | "failed" | "timeout" | "cancelled"; readonly at: string; readonly reason: string | null; })[]; readonly logs?: readonly (LogEntry)[] | undefined; readonly logOffset?: string | undefined; };
type CancelDispatchRequest = { readonly reason?: string | undefined; };
type CancelledDispatch = { readonly dispatchId: string; readonly status: "cancelled"; readonly message: string; };
type Workspace = { readonly workspaceId: string; readonly userId: string; readonly createdAt: string; readonly lastAccessedAt: string; readonly sizeBytes: number; readonly sizeFormatted: string; readonly repoUrl: string | null; readonly efsAccessPointId: string | null; readonly nodeId: string | null; };
type WorkspaceAnswer = { readonly workspace: Workspace; };
type DeletedWorkspace = { readonly workspaceId: string; readonly message: string; };
type ArtifactList = { readonly dispatchId: string; readonly artifacts: readonly ({ readonly type: "output" | "logs" | "workspace" | "metadata"; readonly key: string; readonly url: string; readonly expiresAt: string; readonly sizeBytes: number; readonly contentType: string; readonly sha256: string; })[]; readonly status: "pending" | "provisioning" | "running" | "completing" | "success" | "failed" | "timeout" | "cancelled"; };
type HealthAnswer = { readonly status: "healthy" | "degraded" | "unhealthy"; readonly version: string; readonly uptime: number; readonly checks: { readonly efs: { readonly status: "pass" | "warn" | "fail"; readonly message: string; }; readonly "worker-pool": { readonly status: "pass" | "warn" | "fail"; readonly message: string; }; }; };
type FleetHealth = { readonly status: "healthy" | "degraded" | "unhealthy"; readonly pool: { readonly totalTasks: number; readonly warmTasks: number; readonly inUseTasks: number; readonly byAgent: readonly ({ readonly agentType: string; readonly totalTasks: number; readonly warmTasks: number; readonly inUseTasks: number; readonly idleTasks: number; })[]; }; readonly agents: readonly ({ readonly agent: string; readonly available: boolean; readonly modelId: string; readonly poolSize: number; readonly active: number; readonly idle: number; readonly successRate: number; readonly avgDurationMs: number; readonly maxConcurrent: number; })[]; readonly system: { readonly cpuUsagePercent: number; readonly memoryUsagePercent: number; readonly memoryUsedMB: number; readonly memoryTotalMB: number; readonly heapUsedMB: number; readonly heapTotalMB: number; }; readonly dispatches: { readonly lastHourTotal: number; readonly byStatus: { readonly pending: number; readonly running: number; readonly completed: number; readonly failed: number; readonly cancelled: number; readonly timeout: number; }; }; readonly uptime: number; readonly timestamp: string; };

export interface Operations {
  "POST /dispatch": {
    readonly body: CreateDispatchRequest;
    readonly answer: { readonly success: true; readonly data: CreatedDispatch; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "GET /dispatch": {
    readonly query?: { readonly status?: "pending" | "provisioning" | "running" | "completing" | "success" | "failed" | "timeout" | "cancelled" | undefined; readonly agent?: string | undefined; readonly repo?: string | undefined; readonly since?: string | undefined; readonly tag?: readonly (string)[] | undefined; readonly attemptGroup?: string | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: { readonly success: true; readonly data: { readonly items: readonly (DispatchSummary)[]; readonly nextCursor: string | null; readonly hasMore: boolean; }; readonly meta: { readonly requestId: string; readonly timestamp: string; readonly pagination: { readonly cursor: string | null; readonly hasMore: boolean; readonly limit: number; }; }; };
  };
  "GET /dispatch/{dispatchId}": {
    readonly path: { readonly dispatchId: string; };
    readonly query?: { readonly logOffset?: string | undefined; readonly logLimit?: number | undefined; readonly skipLogs?: boolean | undefined; };
    readonly answer: { readonly success: true; readonly data: Dispatch; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "DELETE /dispatch/{dispatchId}": {
    readonly path: { readonly dispatchId: string; };
    readonly body: CancelDispatchRequest;
    readonly answer: { readonly success: true; readonly data: CancelledDispatch; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "GET /dispatch/{dispatchId}/logs": {
    readonly path: { readonly dispatchId: string; };
    readonly query?: { readonly logOffset?: string | undefined; };
    readonly answer: undefined;
  };
  "GET /workspaces": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: { readonly success: true; readonly data: { readonly items: readonly (Workspace)[]; readonly nextCursor: string | null; readonly hasMore: boolean; }; readonly meta: { readonly requestId: string; readonly timestamp: string; readonly pagination: { readonly cursor: string | null; readonly hasMore: boolean; readonly limit: number; }; }; };
  };
  "GET /workspaces/{workspaceId}": {
    readonly path: { readonly workspaceId: string; };
    readonly answer: { readonly success: true; readonly data: WorkspaceAnswer; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "DELETE /workspaces/{workspaceId}": {
    readonly path: { readonly workspaceId: string; };
    readonly answer: { readonly success: true; readonly data: DeletedWorkspace; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "GET /artifacts/{dispatchId}": {
    readonly path: { readonly dispatchId: string; };
    readonly query?: { readonly expiresIn?: number | undefined; };
    readonly answer: { readonly success: true; readonly data: ArtifactList; readonly meta: { readonly requestId: string; readonly timestamp: string; }; };
  };
  "GET /artifacts/{ticket}/{name}": {
    readonly path: { readonly ticket: string; readonly name: string; };
    readonly answer: undefined;
  };
  "GET /health": {
    readonly answer: HealthAnswer;
  };
  "GET /health/fleet": {
    readonly answer: { readonly success: true; readonly data: FleetHealth; readonly meta: { readonly requestId: string; readonly timestamp: string; readonly responseTimeMs: number; }; };
  };
}
