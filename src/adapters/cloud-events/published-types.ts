/** What each type is called outside. Total: a type of the catalogue has no name here until somebody has chosen it. */
import type { EventType } from '#core/events/catalogue.ts';

/** The catalogue of the contract (seed 001), in its order. Behind each name is the type of the catalogue that follows its prefix. */
export const CONTRACT_NAMES = [
  'edge.enrollment_key.verified',
  'edge.node.registered',
  'edge.node.reregistered',
  'edge.node.version_changed',
  'edge.node.status_changed',
  'edge.node.cluster_changed',
  'edge.node.update_triggered',
  'edge.command_execution.created',
  'edge.command_execution.sent',
  'edge.command_execution.completed',
  'edge.command_execution.cancelled',
  'edge.command_execution.expired',
  'edge.command_execution.pruned',
  'edge.ssh_username.verified',
  'edge.self_update_request.completed',
] as const;

type WithoutPrefix<Name extends string> = Name extends `edge.${infer Type}` ? Type : never;

/** Those of them that have a cause. */
export type ContractType = Extract<EventType, WithoutPrefix<(typeof CONTRACT_NAMES)[number]>>;

/** Those that no contract names. */
type OwnType = Exclude<EventType, ContractType>;

const OWN: Readonly<Record<OwnType, true>> = {
  'approval.approved': true,
  'approval.asked': true,
  'approval.denied': true,
  'approval.expired': true,
  'audit.checkpointed': true,
  'audit.head_lost': true,
  'authority.created': true,
  'certificate.ending': true,
  'certificate.issued': true,
  'certificate.renewed': true,
  'certificate.revoked': true,
  'dispatch.created': true,
  'dispatch.finished': true,
  'dispatch.parked': true,
  'dispatch.started': true,
  'enrollment_token.redeemed': true,
  'enrollment_token.refused': true,
  'execution.finished': true,
  'group.created': true,
  'group.deleted': true,
  'group.updated': true,
  'key.created': true,
  'key.revoked': true,
  'node.clone_detected': true,
  'node.connected': true,
  'node.deleted': true,
  'node.disconnected': true,
  'node.renamed': true,
  'node.revoked': true,
  'node.tags_changed': true,
  'org.created': true,
  'outpost.deregistered': true,
  'outpost.registered': true,
  'outpost.status_changed': true,
  'run.finished': true,
  'run.started': true,
  'secret.removed': true,
  'secret.set': true,
  'webhook.paused': true,
  'webhook.resumed': true,
  'webhook.tested': true,
};

const CONTRACT_PREFIX = 'edge.';
const OWN_PREFIX = 'garrison.';

export const ALL_NAMES: readonly string[] = [...CONTRACT_NAMES, ...Object.keys(OWN).map((type) => OWN_PREFIX + type)];

const known: ReadonlySet<string> = new Set(ALL_NAMES);

/** A type that a newer controller has written is called as it would be called there, were it none of the contract's. */
export function publishedNameOf(type: string): string {
  return known.has(CONTRACT_PREFIX + type) ? CONTRACT_PREFIX + type : OWN_PREFIX + type;
}

/** Undefined for a name that nothing has. One of the contract that has no cause yet has its type already. */
export function typeOf(name: string): string | undefined {
  return known.has(name) ? name.slice(name.indexOf('.') + 1) : undefined;
}
