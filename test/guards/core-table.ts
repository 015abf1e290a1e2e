/**
 * The nouns of the core, lowest first. A noun imports from those above it in this list and from itself, so that no two of
 * them need each other; what goes the other way is below, file by file or as types, with its reason.
 */
export const NOUNS: readonly { readonly noun: string; readonly why: string }[] = [
  { noun: 'kernel', why: 'the words that all nouns are made of' },
  { noun: 'lists', why: 'the grammar of lists knows fields, not nouns' },
  { noun: 'days', why: 'tables by day, whatever is in them' },
  { noun: 'idempotency', why: 'keeps answers of any operation' },
  { noun: 'audit', why: 'keeps entries about anything' },
  { noun: 'metrics', why: 'keeps what nodes report, newest and over time, and knows them by their ids' },
  { noun: 'controllers', why: 'the server processes, which exist before anything they serve' },
  { noun: 'events', why: 'writes facts for every noun below' },
  { noun: 'tenants', why: 'everything below belongs to one and counts against its quotas' },
  { noun: 'artifacts', why: 'belong to a tenant, and know their owners by kind and id only' },
  { noun: 'access', why: 'keys belong to tenants' },
  { noun: 'console', why: 'sessions of browsers, which have the rights of keys' },
  { noun: 'vault', why: 'secrets belong to tenants' },
  { noun: 'webhooks', why: 'destinations of events that belong to tenants' },
  { noun: 'approvals', why: 'consent to what callers of a tenant are about to do, whatever it is' },
  { noun: 'certificates', why: 'know nodes by their ids only' },
  { noun: 'executions', why: 'know runs and nodes by their ids only' },
  { noun: 'clusters', why: 'nodes are in one' },
  { noun: 'nodes', why: 'in a cluster, with certificates and executions that end with them' },
  { noun: 'aliases', why: 'other names of nodes' },
  { noun: 'ssh', why: 'usernames on nodes' },
  { noun: 'selectors', why: 'conditions on nodes' },
  { noun: 'groups', why: 'saved selectors' },
  { noun: 'runs', why: 'are for targets, which are selectors and groups, and are made of executions' },
  { noun: 'previews', why: 'orders that are looked at before they are given' },
  { noun: 'commands', why: 'runs that wait for machines to return' },
  { noun: 'releases', why: 'versions of the program, which nodes are brought to' },
  { noun: 'updates', why: 'runs that bring the daemons of nodes to another version' },
  { noun: 'sessions', why: 'hand out executions of runs to nodes' },
  { noun: 'tunnels', why: 'lead to nodes' },
  { noun: 'terminals', why: 'shells that somebody has open through tunnels, and their recordings' },
  { noun: 'enrolment', why: 'brings nodes into clusters and gives them certificates' },
  { noun: 'outposts', why: 'nodes with a registration of their own' },
  { noun: 'workspaces', why: 'kept on nodes for repositories of tenants' },
  { noun: 'dispatches', why: 'runs of agents on one node, in a workspace, with secrets of the vault' },
  { noun: 'overview', why: 'counts of all of these' },
];

/** Nouns that name types of later ones: ports they declare nothing of, and payloads. */
export const TYPES_UPWARD: Readonly<Record<string, string>> = {
  'events → approvals': 'the catalogue names what each event carries',
  'events → enrolment': 'the catalogue names what each event carries',
  'events → executions': 'the catalogue names what each event carries',
  'events → nodes': 'the catalogue names what each event carries',
  'events → runs': 'the catalogue names what each event carries',
  'events → updates': 'the catalogue names what each event carries',
  'clusters → nodes': 'how old a sign of life may be is an option of presence',
  'executions → runs': 'whoever cancels an execution tells the engine, which is handed in',
  'nodes → runs': 'whoever ends a node tells the engine, which is handed in',
  'nodes → selectors': 'nodes are listed by a selector',
  'nodes → sessions': 'whoever ends a node has its sessions cut, by a port that is handed in',
  'runs → sessions': 'the engine is handed the registry',
};

/** Files that import a later noun. This list only shrinks. */
export const UPWARD: Readonly<Record<string, string>> = {
  'tenants/create-org.ts → access/create-key.ts': 'an org comes with its first key, in one transaction',
  'clusters/store.ts → nodes/presence-sql.ts': 'counts of connected nodes are part of a cluster’s record',
  'nodes/change-cluster.ts → aliases/store.ts': 'a node that leaves its cluster loses its aliases, in one transaction',
  'nodes/list-nodes.ts → selectors/selector-condition.ts': 'nodes are listed by a selector',
  'nodes/search-nodes.ts → selectors/selector-condition.ts': 'and searched by one',
  'selectors/selector-condition.ts → groups/store.ts': 'a selector can name a group',
};
