/** The four streams, topics and ARNs that events are sorted into where a broker wants few of them. */
const DOMAINS = ['nodes', 'commands', 'self-updates', 'ssh'] as const;

export type Domain = (typeof DOMAINS)[number];

const BEGINNINGS: readonly (readonly [string, Domain])[] = [
  ['edge.command_execution.', 'commands'],
  ['edge.self_update_request.', 'self-updates'],
  ['edge.ssh_username.', 'ssh'],
];

/** Whatever is about nothing else is about nodes: enrolment keys too. */
export function domainOf(type: string): Domain {
  return BEGINNINGS.find(([beginning]) => type.startsWith(beginning))?.[1] ?? 'nodes';
}

/** `edge-nodes-events` */
export function topicOf(type: string): string {
  return `edge-${domainOf(type)}-events`;
}

export const TOPICS: readonly string[] = DOMAINS.map((domain) => `edge-${domain}-events`);

/** The subjects that each stream of JetStream keeps. */
export const STREAMS: Readonly<Record<string, readonly string[]>> = {
  EDGE_NODES_EVENTS: ['edge.node.>', 'edge.enrollment_key.>'],
  EDGE_COMMANDS_EVENTS: ['edge.command_execution.>'],
  EDGE_SELF_UPDATES_EVENTS: ['edge.self_update_request.>'],
  EDGE_SSH_EVENTS: ['edge.ssh_username.>'],
};
