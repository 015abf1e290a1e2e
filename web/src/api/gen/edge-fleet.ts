// Written by test/guards/write-openapi.ts from the OpenAPI document of this surface.

type EnrollmentTokenRequest = { readonly name?: string | undefined; readonly tags?: readonly (string)[] | undefined; readonly ttl_seconds?: number | undefined; readonly team_tenant_id?: string | undefined; };
type EnrollmentToken = { readonly token: string; readonly expires_at: string; readonly controller_endpoint: string; readonly qr_payload: string; };
type EnrollmentTokenRecord = { readonly id: string; readonly name: string | null; readonly tags: readonly (string)[]; readonly tenant_id: string; readonly issued_at: string; readonly expires_at: string; readonly redeemed_at: string | null; readonly withdrawn_at: string | null; };
type EnrollmentTokenPage = { readonly items: readonly (EnrollmentTokenRecord)[]; readonly next_cursor: string | null; };
type HostStatus = "Connected" | "Unhealthy" | "Disconnected" | "Revoked";
type Host = { readonly node_id: string; readonly name: string; readonly tenant_id: string; readonly status: HostStatus; readonly since: string; readonly last_heartbeat_at: string | null; readonly tags: readonly (string)[]; readonly capabilities: { readonly os: string | null; readonly arch: string | null; readonly local_tools: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly mount_points: readonly (string)[]; readonly invocable_tools: readonly (string)[]; readonly version: string | null; }; };
type HostPage = { readonly items: readonly (Host)[]; readonly next_cursor: string | null; };
type NodeOutcome = "ok" | "err" | "timed_out" | "cancelled" | "not_started" | "running";
type HostDetail = { readonly node_id: string; readonly name: string; readonly tenant_id: string; readonly status: HostStatus; readonly since: string; readonly last_heartbeat_at: string | null; readonly tags: readonly (string)[]; readonly capabilities: { readonly os: string | null; readonly arch: string | null; readonly local_tools: readonly (string)[]; readonly labels: Readonly<Record<string, string>>; readonly mount_points: readonly (string)[]; readonly invocable_tools: readonly (string)[]; readonly version: string | null; }; readonly enrolled_at: string; readonly recent_commands: readonly ({ readonly command_id: string; readonly tool: string; readonly dispatched_at: string; readonly outcome: NodeOutcome; readonly duration_ms: number | null; })[]; };
type HostUpdate = { readonly name?: string | undefined; readonly tags?: readonly (string)[] | undefined; };
type TagChange = { readonly add?: readonly (string)[] | undefined; readonly remove?: readonly (string)[] | undefined; };
type TagMatcher = { readonly Has: string; } | { readonly AnyOf: readonly (string)[]; } | { readonly AllOf: readonly (string)[]; } | { readonly NoneOf: readonly (string)[]; };
type LabelMatcher = { readonly Equals: Readonly<Record<string, string>> | readonly [string, string]; } | { readonly Exists: string; } | { readonly In: Readonly<Record<string, readonly (string)[]>> | readonly [string, readonly (string)[]]; };
type Selector = { readonly os?: string | undefined; readonly arch?: string | undefined; readonly tools?: readonly (string)[] | undefined; readonly tags?: readonly (TagMatcher)[] | undefined; readonly labels?: readonly (LabelMatcher)[] | undefined; };
type Group = { readonly id: string; readonly name: string; readonly selector: Selector; readonly pinned_members: readonly (string)[]; readonly resolved_member_count: number; readonly created_at: string; };
type GroupList = { readonly items: readonly (Group)[]; };
type GroupCreate = { readonly name: string; readonly selector: Selector; readonly pinned_members?: readonly (string)[] | undefined; };
type MemberSummary = { readonly node_id: string; readonly name: string; readonly status: HostStatus; };
type GroupDetail = { readonly id: string; readonly name: string; readonly selector: Selector; readonly pinned_members: readonly (string)[]; readonly resolved_member_count: number; readonly created_at: string; readonly resolved_members: readonly (MemberSummary)[]; };
type GroupUpdate = { readonly name?: string | undefined; readonly selector?: { readonly os?: string | undefined; readonly arch?: string | undefined; readonly tools?: readonly (string)[] | undefined; readonly tags?: readonly (TagMatcher)[] | undefined; readonly labels?: readonly (LabelMatcher)[] | undefined; } | undefined; readonly pinned_members?: readonly (string)[] | undefined; };
type TargetStep = { readonly Add: { readonly Node: string; } | { readonly Group: string; } | { readonly Selector: Selector; } | { readonly All: null; } | { readonly Hosts: readonly (string)[]; } | { readonly Cluster: string; }; } | { readonly Keep: { readonly Node: string; } | { readonly Group: string; } | { readonly Selector: Selector; } | { readonly All: null; } | { readonly Hosts: readonly (string)[]; } | { readonly Cluster: string; }; } | { readonly Remove: { readonly Node: string; } | { readonly Group: string; } | { readonly Selector: Selector; } | { readonly All: null; } | { readonly Hosts: readonly (string)[]; } | { readonly Cluster: string; }; };
type Target = { readonly Node: string; } | { readonly Group: string; } | { readonly Selector: Selector; } | { readonly All: null; } | { readonly Hosts: readonly (string)[]; } | { readonly Cluster: string; } | { readonly Steps: readonly (TargetStep)[]; };
type PreviewRequest = { readonly target: Target; };
type SkippedTarget = { readonly node_id: string; readonly reason: string; };
type Preview = { readonly resolved: readonly (MemberSummary)[]; readonly skipped: readonly (SkippedTarget)[]; };
type CmdRunArgs = unknown;
type InvokeCmdRun = { readonly tool: "cmd.run"; readonly args?: CmdRunArgs | undefined; };
type ScriptRunArgs = { readonly script: string; readonly args?: readonly (string)[] | undefined; readonly stdin?: string | undefined; readonly cwd?: string | undefined; readonly env?: Readonly<Record<string, string>> | undefined; readonly user?: string | undefined; readonly timeout_secs?: number | undefined; readonly detached?: boolean | undefined; };
type InvokeScriptRun = { readonly tool: "script.run"; readonly args?: ScriptRunArgs | undefined; };
type HostFactsArgs = Readonly<Record<string, never>>;
type InvokeHostFacts = { readonly tool: "host.facts"; readonly args?: HostFactsArgs | undefined; };
type ServiceStatusArgs = { readonly name: string; readonly timeout_secs?: number | undefined; };
type InvokeServiceStatus = { readonly tool: "service.status"; readonly args?: ServiceStatusArgs | undefined; };
type ServiceStartArgs = { readonly name: string; readonly timeout_secs?: number | undefined; };
type InvokeServiceStart = { readonly tool: "service.start"; readonly args?: ServiceStartArgs | undefined; };
type ServiceStopArgs = { readonly name: string; readonly timeout_secs?: number | undefined; };
type InvokeServiceStop = { readonly tool: "service.stop"; readonly args?: ServiceStopArgs | undefined; };
type ServiceRestartArgs = { readonly name: string; readonly timeout_secs?: number | undefined; };
type InvokeServiceRestart = { readonly tool: "service.restart"; readonly args?: ServiceRestartArgs | undefined; };
type ServiceReloadArgs = { readonly name: string; readonly timeout_secs?: number | undefined; };
type InvokeServiceReload = { readonly tool: "service.reload"; readonly args?: ServiceReloadArgs | undefined; };
type FsReadArgs = { readonly path: string; readonly user?: string | undefined; readonly offset?: number | undefined; readonly length?: number | undefined; };
type InvokeFsRead = { readonly tool: "fs.read"; readonly args?: FsReadArgs | undefined; };
type FsListArgs = { readonly path: string; readonly user?: string | undefined; readonly after?: string | undefined; readonly limit?: number | undefined; };
type InvokeFsList = { readonly tool: "fs.list"; readonly args?: FsListArgs | undefined; };
type FsStatArgs = { readonly path: string; readonly user?: string | undefined; };
type InvokeFsStat = { readonly tool: "fs.stat"; readonly args?: FsStatArgs | undefined; };
type FsWriteArgs = { readonly path: string; readonly user?: string | undefined; readonly content: string; readonly encoding?: "utf8" | "base64" | undefined; readonly mode?: string | undefined; readonly create_only?: boolean | undefined; };
type InvokeFsWrite = { readonly tool: "fs.write"; readonly args?: FsWriteArgs | undefined; };
type AgentDoctorArgs = { readonly agent?: string | undefined; };
type InvokeAgentDoctor = { readonly tool: "agent.doctor"; readonly args?: AgentDoctorArgs | undefined; };
type InvokeRequest = InvokeCmdRun | InvokeScriptRun | InvokeHostFacts | InvokeServiceStatus | InvokeServiceStart | InvokeServiceStop | InvokeServiceRestart | InvokeServiceReload | InvokeFsRead | InvokeFsList | InvokeFsStat | InvokeFsWrite | InvokeAgentDoctor;
type RerunRequest = { readonly only?: "failed" | undefined; };
type CancelResult = { readonly fleet_command_id: string; readonly cancelled: number; readonly already_terminal: number; };
type Policy = { readonly mode?: "Sequential" | "Parallel" | { readonly Parallel: null; } | { readonly Rolling: { readonly batch: number; } | { readonly percent: number; }; } | undefined; readonly max_concurrency?: number | null | undefined; readonly failure_policy?: "FailFast" | "ContinueOnError" | { readonly StopAfter: number; } | undefined; readonly require_min_targets?: number | null | undefined; readonly per_target_deadline_secs?: number | null | undefined; };
type Summary = { readonly ok: number; readonly err: number; readonly timed_out: number; readonly cancelled: number; readonly not_started: number; };
type Run = { readonly fleet_command_id: string; readonly tool: string; readonly target: Target; readonly policy: Policy; readonly started_at: string; readonly ended_at: string | null; readonly outcome: "complete" | "halted" | "cancelled" | "running"; readonly summary: Summary; readonly command: string | null; readonly command_sha256: string | null; readonly args: Readonly<Record<string, unknown>> | null; readonly caller: { readonly id: string; readonly name: string | null; }; readonly duration_ms: number | null; };
type RunPage = { readonly items: readonly (Run)[]; readonly next_cursor: string | null; };
type NodeRun = { readonly node_id: string; readonly command_id: string | null; readonly outcome: NodeOutcome; readonly exit_code: number | null; readonly duration_ms: number | null; readonly stdout_tail: string; readonly stderr_tail: string; readonly result?: unknown | undefined; };
type RunDetail = { readonly fleet_command_id: string; readonly tool: string; readonly target: Target; readonly policy: Policy; readonly started_at: string; readonly ended_at: string | null; readonly outcome: "complete" | "halted" | "cancelled" | "running"; readonly summary: Summary; readonly command: string | null; readonly command_sha256: string | null; readonly args: Readonly<Record<string, unknown>> | null; readonly caller: { readonly id: string; readonly name: string | null; }; readonly duration_ms: number | null; readonly per_node: readonly (NodeRun)[]; };
type FoundOutput = { readonly fleet_command_id: string; readonly command_id: string; readonly node_id: string; readonly started_at: string; readonly count: number; readonly lines: readonly ({ readonly stream: "stdout" | "stderr"; readonly text: string; })[]; };
type FoundOutputPage = { readonly items: readonly (FoundOutput)[]; readonly next_cursor: string | null; };

export interface Operations {
  "POST /v1/edge/enrollment-tokens": {
    readonly body: EnrollmentTokenRequest;
    readonly answer: EnrollmentToken;
  };
  "GET /v1/edge/enrollment-tokens": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: EnrollmentTokenPage;
  };
  "DELETE /v1/edge/enrollment-tokens/{token_id}": {
    readonly path: { readonly token_id: string; };
    readonly answer: undefined;
  };
  "GET /v1/edge/hosts": {
    readonly query?: { readonly tag?: readonly (string)[] | undefined; readonly label?: readonly (string)[] | undefined; readonly node_id?: readonly (string)[] | undefined; readonly name?: readonly (string)[] | undefined; readonly connected?: boolean | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: HostPage;
  };
  "GET /v1/edge/hosts/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: HostDetail;
  };
  "PATCH /v1/edge/hosts/{id}": {
    readonly path: { readonly id: string; };
    readonly body: HostUpdate;
    readonly answer: HostDetail;
  };
  "DELETE /v1/edge/hosts/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "POST /v1/edge/hosts/{id}/tags": {
    readonly path: { readonly id: string; };
    readonly body: TagChange;
    readonly answer: HostDetail;
  };
  "GET /v1/edge/groups": {
    readonly answer: GroupList;
  };
  "POST /v1/edge/groups": {
    readonly body: GroupCreate;
    readonly answer: Group;
  };
  "GET /v1/edge/groups/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: GroupDetail;
  };
  "PATCH /v1/edge/groups/{id}": {
    readonly path: { readonly id: string; };
    readonly body: GroupUpdate;
    readonly answer: Group;
  };
  "DELETE /v1/edge/groups/{id}": {
    readonly path: { readonly id: string; };
    readonly answer: undefined;
  };
  "POST /v1/edge/fleet/preview": {
    readonly body: PreviewRequest;
    readonly answer: Preview;
  };
  "POST /v1/edge/fleet/invoke": {
    readonly body: InvokeRequest;
    readonly answer: undefined;
  };
  "POST /v1/edge/fleet/runs/{fleet_command_id}/rerun": {
    readonly path: { readonly fleet_command_id: string; };
    readonly body: RerunRequest;
    readonly answer: undefined;
  };
  "POST /v1/edge/fleet/{fleet_command_id}/cancel": {
    readonly path: { readonly fleet_command_id: string; };
    readonly answer: CancelResult;
  };
  "GET /v1/edge/fleet/runs": {
    readonly query?: { readonly cursor?: string | undefined; readonly limit?: number | undefined; readonly tool?: string | undefined; readonly outcome?: "complete" | "halted" | "cancelled" | "running" | "failed" | undefined; readonly caller?: string | undefined; readonly node?: string | undefined; readonly since?: string | undefined; readonly until?: string | undefined; readonly text?: string | undefined; };
    readonly answer: RunPage;
  };
  "GET /v1/edge/fleet/runs/{fleet_command_id}": {
    readonly path: { readonly fleet_command_id: string; };
    readonly answer: RunDetail;
  };
  "GET /v1/edge/fleet/runs/{fleet_command_id}/events": {
    readonly path: { readonly fleet_command_id: string; };
    readonly answer: undefined;
  };
  "GET /v1/edge/fleet/output/search": {
    readonly query: { readonly text: string; readonly run?: string | undefined; readonly node?: string | undefined; readonly since?: string | undefined; readonly until?: string | undefined; readonly cursor?: string | undefined; readonly limit?: number | undefined; };
    readonly answer: FoundOutputPage;
  };
}
