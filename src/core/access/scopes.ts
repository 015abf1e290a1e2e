import { FleetError } from '../kernel/fleet-error.ts';
import { contractScope } from '../kernel/scope-names.ts';

/** The edge fleet, by our names. */
const FLEET = {
  'garrison.enroll': 'issue, list and withdraw enrolment tokens',
  'garrison.hosts.read': 'read hosts and groups',
  'garrison.hosts.write': 'change and revoke hosts',
  'garrison.groups.write': 'make, change and delete groups',
  'garrison.fleet.read': 'preview targets, read runs',
  'garrison.fleet.manage': 'run and cancel',
} as const;

/** Every scope there is and what it opens. */
export const SCOPES: Readonly<Record<string, string>> = {
  ...FLEET,
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
  'garrison.sessions.read': 'read the terminal sessions of everybody in the tenant',
  'garrison.sessions.end': 'end terminal sessions of others',
  'garrison.sessions.watch': 'watch terminal sessions while they are open',
  'garrison.recordings.read': 'play and download recordings of terminal sessions',
  'garrison.proxy.use': 'use the HTTP and SOCKS5 proxies of the controller',
  'garrison.approvals.decide': 'approve and deny what waits for approval',
  'garrison.webhooks.read': 'read webhooks and their deliveries, whatever events they are for',
  'garrison.webhooks.write': 'make, change, test and delete webhooks for any events of the tenant',
  'keys.manage': 'make, list and revoke keys of the tenant',
  'garrison.secrets.write': 'set, list and remove secrets of the tenant',
  'audit.read': 'read the audit log of the tenant',
  'garrison.settings.read': 'read the settings of the installation, in its own tenant',
  'garrison.releases.read': 'read which releases of the program there are',
  'garrison.mcp.api': 'find and call any operation by MCP, as far as the other scopes go',
  ...Object.fromEntries(
    Object.keys(FLEET).map((scope) => [contractScope(scope), `${scope}, as the contract of the edge fleet calls it`]),
  ),
};

export const EDGE_FLEET_SCOPES: readonly string[] = Object.keys(FLEET);

/** What a key of agent-dispatch may do when nothing else is asked for. */
export const DEFAULT_OTP_SCOPES = ['dispatch', 'status', 'cancel', 'list'] as const;

/** @throws FleetError `invalid` naming the scopes that do not exist. */
export function requireKnownScopes(scopes: readonly string[]): void {
  const unknown = scopes.filter((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown.length === 0) return;
  const problem = `${unknown.join(', ')} does not exist; there are ${Object.keys(SCOPES).join(', ')}`;
  throw new FleetError('invalid', `scopes: ${problem}`, { details: { scopes: [problem] } });
}
