import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { NativeDeps } from './deps.ts';
import { renderError } from './errors.ts';
import { examples } from './examples.ts';
import { auditOperations } from './operations/audit.ts';
import { certificateOperations } from './operations/certificates.ts';
import { eventOperations } from './operations/events.ts';
import { keyOperations } from './operations/keys.ts';
import { metricsHistoryOperations } from './operations/metrics-history.ts';
import { orgOperations } from './operations/orgs.ts';
import { overviewOperations } from './operations/overview.ts';
import { reachRuleOperations } from './operations/reach-rules.ts';
import { releaseOperations } from './operations/releases.ts';
import { secretOperations } from './operations/secrets.ts';
import { signInOperations } from './operations/sign-in.ts';
import { terminalSessionOperations } from './operations/terminal-sessions.ts';
import { terminalTicketOperations } from './operations/terminal-tickets.ts';
import { waitingNodeOperations } from './operations/waiting-nodes.ts';
import { webhookDeliveryOperations } from './operations/webhook-deliveries.ts';
import { webhookOperations } from './operations/webhooks.ts';
import { ErrorEnvelope } from './wire/problem.ts';

const OPERATIONS = [
  ...orgOperations,
  ...keyOperations,
  ...signInOperations,
  ...certificateOperations,
  ...waitingNodeOperations,
  ...metricsHistoryOperations,
  ...secretOperations,
  ...releaseOperations,
  ...webhookOperations,
  ...webhookDeliveryOperations,
  ...eventOperations,
  ...auditOperations,
  ...overviewOperations,
  ...terminalSessionOperations,
  ...terminalTicketOperations,
  ...reachRuleOperations,
];

/** What no contract offers: orgs, keys, certificates, webhooks for every event, the audit log. */
export function nativeSurface(deps: NativeDeps): Surface {
  return surfaceWith(
    {
      name: 'native',
      title: 'Garrison: organisations, keys, certificates, webhooks, audit',
      description: 'Who may call, and what was done.',
      version: '1.0.0',
      prefixes: [
        '/v1/orgs',
        '/v1/keys',
        '/v1/audit',
        '/v1/me',
        '/v1/scopes',
        '/v1/sign-in',
        '/v1/certificates',
        '/v1/authorities',
        '/v1/waiting_nodes',
        '/v1/nodes',
        '/v1/secrets',
        '/v1/releases',
        '/v1/release_key',
        '/v1/webhooks',
        '/v1/event_types',
        '/v1/events',
        '/v1/overview',
        '/v1/terminal-sessions',
        '/v1/settings',
        '/v1/reach-rules',
      ],
      tagDescriptions: {
        Organisations: 'Tenants with outposts.',
        Keys: 'Who may call, and what for.',
        Certificates: 'Certificates and authorities.',
        Nodes: 'Machines that wait at the door, and how machines were over time.',
        Secrets: 'What runs and relays are given, sealed.',
        Releases: 'Signed versions of the program.',
        Webhooks: 'Addresses that events of any type are posted to.',
        Overview: 'How the fleet is, and how the controller is set up.',
        Terminals: 'Who is, or was, connected to which machine, and what it looked like.',
        Reach: 'What tokens and persons may reach by tunnels.',
        Audit: 'Who did what, and whether the log is whole.',
      },
      operations: OPERATIONS,
      securitySchemes,
      examples,
      isQueryStrict: true,
      authenticate,
      renderError,
      errorSchema: ErrorEnvelope,
    },
    deps,
  );
}
