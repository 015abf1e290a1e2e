/**
 * Every event there is, with its payload. A payload is what was true right after the change and never holds a secret.
 * Types are dotted and in the past tense. Surfaces map the catalogue totally to the names of their contract, so that an
 * event added here stops the build wherever nobody has decided what it is called there.
 *
 * `subject` of an event is the id of what it is about: the first word of its type.
 */

import type { ApprovalFacts } from '../approvals/tell-approval.ts';
import type { EnrolmentRefusal } from '../enrolment/enrolment-refused.ts';
import type { Outcome } from '../executions/execution.ts';
import type { ExecutionStage } from '../executions/stage.ts';
import type { ExecutionId, NodeId, RunId } from '../kernel/ids.ts';
import type { NodeHealth } from '../nodes/health.ts';
import type { OrderCaller, OrderFacts } from '../runs/order-facts.ts';
import type { RunOutcome } from '../runs/run.ts';
import type { UpdateSummary } from '../updates/update-request.ts';

interface NamedNode {
  readonly nodeId: NodeId;
  readonly name: string;
}

interface TaggedNode extends NamedNode {
  readonly tags: readonly string[];
}

interface EndedNode extends NamedNode {
  readonly clusterName?: string;
  readonly tags?: readonly string[];
}

/** What a node is known by when it has just joined. An outpost has claimed nothing yet. */
interface JoinedNode extends NamedNode {
  readonly idType: 'persistent' | 'random';
  readonly clusterName?: string;
  readonly version?: string;
  readonly hostname?: string;
  readonly ports?: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled?: boolean;
}

interface NodeHealthChange extends NamedNode {
  readonly clusterName: string;
  readonly idType: string;
  readonly version: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly lastSeenAt: Date | null;
  readonly previousHealth: NodeHealth;
  readonly health: NodeHealth;
}

interface UpdateTrigger extends JoinedNode {
  readonly lastSeenAt: Date | null;
  readonly selfUpdateRequestId: RunId;
}

interface VersionChange extends Partial<JoinedNode> {
  readonly version: string;
  readonly previousVersion: string;
}

/** An execution of a command. Events of it are written by the statements that change it (`executions/record-ends.ts`). */
export interface CommandExecutionFacts {
  readonly executionId: ExecutionId;
  readonly commandId: string;
  /** Null when the node was deleted before; its cluster too. */
  readonly nodeId: NodeId | null;
  readonly clusterName: string | null;
  /** Its first 4,096 characters. */
  readonly commandText: string;
  readonly timeoutMs: number | null;
  readonly stage: ExecutionStage;
  readonly outcome: Outcome | null;
  readonly exitCode: number | null;
  readonly isForAll: boolean;
  readonly deadlineAt: Date | null;
  readonly sentAt: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What every event about a node carries as `node`, put there by the statement that writes it (`record-events.ts`). */
export interface NodeSnapshot {
  readonly nodeId: NodeId;
  readonly clusterName: string;
  /** As it was told last. */
  readonly health: NodeHealth;
  readonly version: string;
  readonly idType: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly isSelfUpdateEnabled: boolean;
  readonly lastSeenAt: Date | null;
  readonly enrolledAt: Date;
  readonly updatedAt: Date;
}

interface KnownCertificate {
  readonly serial: string;
  /** Null for a certificate of a controller. */
  readonly nodeId: NodeId | null;
  readonly notAfter: Date;
}

interface NamedKey {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
}

export interface EventPayloads {
  /** Something waits until somebody approves it. The subject of these is the approval. */
  'approval.asked': ApprovalFacts;
  'approval.approved': ApprovalFacts;
  'approval.denied': ApprovalFacts;
  'approval.expired': ApprovalFacts;
  /** The head of the tenant's audit log, told regularly while it moves. The subject of both is the tenant. */
  'audit.checkpointed': AuditHead;
  /** At the place of a head that was told there is another row, or none: the log was rewritten, cut, or restored. */
  'audit.head_lost': AuditHead;
  'authority.created': { readonly authorityId: string; readonly kind: string; readonly notAfter: Date };
  'certificate.ending': KnownCertificate & {
    readonly purpose: string;
    readonly subject: string;
    /** How many days before its end this is told. */
    readonly days: number;
  };
  'certificate.issued': KnownCertificate & { readonly purpose: string };
  'certificate.renewed': KnownCertificate & { readonly previousSerial: string };
  'certificate.revoked': KnownCertificate & { readonly reason: string };
  'dispatch.created': DispatchFacts;
  'dispatch.finished': DispatchFacts & {
    readonly status: string;
    readonly errorCode: string | null;
    readonly durationMs: number | null;
    /** Null where the node has not told. */
    readonly usage: unknown;
    readonly costUsd: number | null;
  };
  'dispatch.parked': DispatchFacts & { readonly approvalId: string; readonly reason: string };
  'dispatch.started': DispatchFacts & { readonly nodeId: NodeId };
  'command_execution.cancelled': CommandExecutionFacts;
  'command_execution.completed': CommandExecutionFacts;
  'command_execution.created': CommandExecutionFacts;
  'command_execution.expired': CommandExecutionFacts;
  'command_execution.pruned': CommandExecutionFacts;
  'command_execution.sent': CommandExecutionFacts;
  'enrollment_key.verified': {
    readonly result: 'verified' | EnrolmentRefusal;
    readonly enrollmentKeyId: string;
    readonly name: string | null;
    readonly clusterName: string;
    readonly usesRemaining: number | null;
    readonly verifiedAt: Date;
  };
  'enrollment_token.redeemed': TokenUse;
  'enrollment_token.refused': TokenUse;
  'execution.finished': { readonly runId: RunId; readonly nodeId: NodeId | null; readonly outcome: Outcome };
  'group.created': { readonly groupId: string; readonly name: string };
  'group.deleted': { readonly groupId: string };
  'group.updated': { readonly groupId: string; readonly name: string };
  'key.created': NamedKey & { readonly scopes: readonly string[] };
  'key.revoked': NamedKey;
  'node.clone_detected': JoinedNode & { readonly twinNodeId: NodeId };
  'node.cluster_changed': NamedNode & { readonly clusterName: string; readonly previousClusterName: string };
  'node.connected': { readonly epoch: number };
  'node.deleted': EndedNode;
  'node.disconnected': Readonly<Record<string, never>>;
  'node.registered': JoinedNode;
  'node.renamed': TaggedNode;
  'node.reregistered': JoinedNode;
  'node.revoked': EndedNode;
  'node.status_changed': NodeHealthChange;
  'node.tags_changed': TaggedNode;
  'node.update_triggered': UpdateTrigger;
  'node.version_changed': VersionChange;
  'org.created': { readonly id: string; readonly name: string; readonly slug: string };
  'outpost.deregistered': { readonly outpostId: string; readonly name: string };
  'outpost.registered': {
    readonly outpostId: string;
    readonly name: string;
    readonly region: string | null;
    readonly deploymentEnv: string | null;
  };
  'outpost.status_changed': {
    readonly outpostId: string;
    readonly name: string;
    readonly status: string;
    readonly previousStatus: string;
  };
  /** It failed for so long that nothing is sent to it any more; also when somebody paused it. */
  'webhook.paused': WebhookPause;
  'webhook.resumed': { readonly webhookId: string };
  /** Somebody asked for it, to see whether it arrives. */
  'webhook.tested': { readonly webhookId: string };
  'run.finished': OrderFacts &
    OrderCaller & {
      readonly outcome: RunOutcome;
      /** Executions that failed, timed out or were lost. */
      readonly failures: number;
      readonly durationMs: number;
    };
  'run.started': OrderFacts & OrderCaller & { readonly targets: number };
  'secret.removed': NamedSecret;
  'secret.set': NamedSecret;
  /** Somebody has tried to sign in to a node by SSH. The subject is the username, or the node where there is no such name. */
  'ssh_username.verified': {
    readonly sshUsernameId: string | null;
    readonly nodeId: NodeId;
    readonly clusterName: string | null;
    readonly username: string;
    readonly method: 'password' | 'key' | 'unknown';
    readonly isRight: boolean;
    readonly verifiedAt: Date;
  };
  'self_update_request.completed': {
    readonly selfUpdateRequestId: RunId;
    readonly targeting: unknown;
    readonly summary: UpdateSummary | null;
    readonly createdAt: Date;
    readonly updatedAt: Date;
  };
}

/** The subject is the dispatch's own name, as the contract writes it. */
interface DispatchFacts {
  readonly dispatchId: string;
  readonly agent: string;
  readonly model: string;
  readonly repo: string | null;
  readonly caller: string;
}

interface NamedSecret {
  readonly kind: string;
  readonly name: string;
}

interface WebhookPause {
  readonly webhookId: string;
  readonly reason: string;
}

interface AuditHead {
  readonly position: number;
  /** Hex. */
  readonly hash: string;
}

interface TokenUse {
  readonly result: 'verified' | EnrolmentRefusal;
  readonly enrollmentTokenId: string;
  readonly name: string | null;
  readonly verifiedAt: Date;
}

export type EventType = keyof EventPayloads;

/** A fact about the past, told in the transaction that made it true. */
export type FleetEvent<Type extends EventType = EventType> = {
  [One in Type]: {
    readonly tenantId: string;
    readonly type: One;
    /** The id of what it is about. */
    readonly subject: string;
    readonly data: EventPayloads[One];
  };
}[Type];
