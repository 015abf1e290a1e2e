import { type Surface, surfaceWith } from '#surfaces/http/surface.ts';
import * as targeting from '#surfaces/targeting/wire.ts';
import { authenticate, securitySchemes } from './auth.ts';
import type { EdgeAdminDeps } from './deps.ts';
import { ErrorBody, wrapSchema, wrapSuccess } from './envelope.ts';
import { describeViolations, renderError } from './errors.ts';
import { EVENTS } from './event-payloads.ts';
import { examples } from './examples.ts';
import { adminOperations } from './operations/admins.ts';
import { aliasOperations } from './operations/aliases.ts';
import { clusterOperations } from './operations/clusters.ts';
import { commandOperations } from './operations/commands.ts';
import { enrollmentKeyOperations } from './operations/enrollment-keys.ts';
import { eventTypeOperations } from './operations/event-types.ts';
import { executionOperations } from './operations/executions.ts';
import { metricsOperations } from './operations/metrics.ts';
import { nodeOperations } from './operations/nodes.ts';
import { selfUpdateOperations } from './operations/self-updates.ts';
import { sshPublicKeyOperations } from './operations/ssh-public-keys.ts';
import { sshUsernameOperations } from './operations/ssh-usernames.ts';
import { webhookDeliveryOperations } from './operations/webhook-deliveries.ts';
import { webhookOperations } from './operations/webhooks.ts';
import * as admins from './wire/admins.ts';
import * as aliases from './wire/aliases.ts';
import * as clusters from './wire/clusters.ts';
import * as commands from './wire/commands.ts';
import * as enrollmentKeys from './wire/enrollment-keys.ts';
import * as executions from './wire/executions.ts';
import * as metrics from './wire/metrics.ts';
import * as nodes from './wire/nodes.ts';
import * as selfUpdates from './wire/self-updates.ts';
import * as ssh from './wire/ssh.ts';
import * as webhooks from './wire/webhooks.ts';

const OPERATIONS = [
  ...adminOperations,
  ...clusterOperations,
  ...enrollmentKeyOperations,
  ...nodeOperations,
  ...aliasOperations,
  ...commandOperations,
  ...executionOperations,
  ...selfUpdateOperations,
  ...metricsOperations,
  ...sshUsernameOperations,
  ...sshPublicKeyOperations,
  ...eventTypeOperations,
  ...webhookOperations,
  ...webhookDeliveryOperations,
];

/** Edge Admin (seed 001): clusters, enrolment keys, nodes, aliases, commands and the controllers themselves. */
export function edgeAdminSurface(deps: EdgeAdminDeps): Surface {
  return surfaceWith(
    {
      name: 'edge-admin',
      title: 'Garrison: edge admin',
      description:
        'Nodes are gathered in clusters, let in by enrolment keys, found by alias, and given shell commands that wait for those that are away. Lists share one grammar: `*` is a wildcard, a comma means any of, `__gte` and `__lte` are bounds; what is not known is refused.',
      version: '0.2.0',
      prefixes: ['/api/v1'],
      tagDescriptions: {
        'Admins.Metadata': 'The controllers themselves.',
        'Nodes.Cluster': 'Named networks of nodes.',
        'Nodes.EnrollmentKey': 'What machines join a cluster with.',
        'Nodes.Node': 'Machines.',
        'Nodes.Alias': 'Other names of machines.',
        'Commands.Command': 'Shell commands for one machine or many; they wait for machines that are away.',
        'Commands.CommandExecution': 'One command on one node.',
        'SelfUpdates.Request': 'Bringing daemons to another release.',
        'Admins.Metrics': 'How the controllers are.',
        'Nodes.Metrics': 'How the nodes are.',
        'Ssh.SshUsername': 'Who gets in by SSH.',
        'Ssh.SshPublicKey': 'Public keys of SSH usernames.',
        'Events.Type': 'What can be subscribed.',
        'Events.Stream': 'Events as they happen.',
        'Events.Webhook': 'Addresses that events are posted to, and the deliveries.',
      },
      operations: OPERATIONS,
      schemas: {
        ...clusters,
        ...enrollmentKeys,
        ...nodes,
        ...aliases,
        ...targeting,
        ...commands,
        ...executions,
        ...selfUpdates,
        ...ssh,
        ...admins,
        ...metrics,
        ...webhooks,
      },
      events: EVENTS,
      securitySchemes,
      examples,
      isQueryStrict: true,
      authenticate,
      renderError,
      errorSchema: ErrorBody,
      describeViolations,
      wrapSuccess,
      wrapSchema,
    },
    deps,
  );
}
