import { FleetError } from '../kernel/fleet-error.ts';

/** Every scope there is and what it opens. */
export const SCOPES: Readonly<Record<string, string>> = {
  'aegis.edge.enroll': 'issue, list and withdraw enrolment tokens',
  'aegis.edge.hosts.read': 'read hosts and groups',
  'aegis.edge.hosts.write': 'change and revoke hosts',
  'aegis.edge.groups.write': 'make, change and delete groups',
  'aegis.edge.fleet.read': 'preview targets, read runs',
  'aegis.edge.fleet.manage': 'run and cancel',
  dispatch: 'create dispatches',
  status: 'read dispatches, workspaces and artifacts',
  cancel: 'cancel dispatches',
  list: 'list workspaces',
  delete: 'delete workspaces',
  admin: 'everything agent-dispatch has',
  'edge-admin.read': 'read clusters, nodes, aliases, commands and their executions',
  'edge-admin.write': 'change and run everything there, and see enrolment keys',
  'edge-admin.metrics': 'read the metrics of controllers and nodes, and nothing else there',
  'nodes:secrets': 'see the API tokens and proxy passwords of nodes',
  'garrison.tunnels.open': 'open tunnels to ports of nodes, and through nodes where they allow it',
  'garrison.terminals.open': 'open terminals and run commands on nodes interactively',
  'garrison.proxy.use': 'use the HTTP and SOCKS5 proxies of the controller',
  'keys.manage': 'make, list and revoke keys of the tenant',
  'garrison.secrets.write': 'set, list and remove secrets of the tenant',
  'audit.read': 'read the audit log of the tenant',
};

export const EDGE_FLEET_SCOPES = Object.keys(SCOPES).filter((scope) => scope.startsWith('aegis.edge.'));

/** What a key of agent-dispatch may do when nothing else is asked for. */
export const DEFAULT_OTP_SCOPES = ['dispatch', 'status', 'cancel', 'list'] as const;

/** @throws FleetError `invalid` naming the scopes that do not exist. */
export function requireKnownScopes(scopes: readonly string[]): void {
  const unknown = scopes.filter((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown.length === 0) return;
  const problem = `${unknown.join(', ')} does not exist; there are ${Object.keys(SCOPES).join(', ')}`;
  throw new FleetError('invalid', `scopes: ${problem}`, { details: { scopes: [problem] } });
}
