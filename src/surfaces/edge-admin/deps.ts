import type { KeyRing } from '#core/access/key-ring.ts';
import type { CreateKeyDeps } from '#core/enrolment/create-enrollment-key.ts';
import type { EventFormat } from '#core/events/event-format.ts';
import type { EventFeed } from '#core/events/follow-events.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { ControllerMetrics } from '#core/metrics/controller-metrics.ts';
import type { EndNodeDeps } from '#core/nodes/end-node.ts';
import type { NodeSecretsReader } from '#core/nodes/node-secrets.ts';
import type { PresenceOptions } from '#core/nodes/presence.ts';
import type { StartRunDeps } from '#core/runs/start-run.ts';
import type { SshAccess } from '#core/ssh/ssh-access.ts';
import type { WebhookDeps } from '#core/webhooks/create-webhook.ts';
import { operationsFor } from '#surfaces/http/operation.ts';

/** What the surface is given: the union of what its use cases take, how callers are told apart, and its settings. */
export type EdgeAdminDeps = StartRunDeps &
  EndNodeDeps &
  WebhookDeps &
  CreateKeyDeps & {
    readonly eventFormat: EventFormat;
    readonly eventFeed: Pick<EventFeed, 'follow'>;
    readonly keyRing: Pick<KeyRing, 'authenticateKey'>;
    readonly presence: PresenceOptions;
    readonly nodeSecrets: Pick<NodeSecretsReader, 'read'>;
    /** The operator's own: it sees the metrics of controllers. */
    readonly systemTenantId: TenantId;
    readonly ssh: Pick<SshAccess, 'changed'>;
    readonly readOwnMetrics: () => ControllerMetrics;
    readonly settings: EdgeAdminSettings;
  };

export interface EdgeAdminSettings {
  /** What the controllers are called together: `admin-cluster-{name}`. */
  readonly adminClusterName: string;
  /** The cluster behind `/clusters/default/…`; undefined: none is configured. */
  readonly defaultClusterName: string | undefined;
  /** Whether anybody may have a key for the default cluster. */
  readonly isPublicKeyEnabled: boolean;
}

export const defineOperation = operationsFor<EdgeAdminDeps>();
