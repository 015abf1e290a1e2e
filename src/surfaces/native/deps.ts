import type { KeyRing } from '#core/access/key-ring.ts';
import type { AuditKeys } from '#core/audit/audit-keys.ts';
import type { Authorities } from '#core/certificates/authorities.ts';
import type { EventFormat } from '#core/events/event-format.ts';
import type { Bus } from '#core/kernel/bus.ts';
import type { Context } from '#core/kernel/context.ts';
import type { TenantId } from '#core/kernel/ids.ts';
import type { ReleaseDeps } from '#core/releases/publish-release.ts';
import type { Target } from '#core/selectors/target.ts';
import type { RecordingDeps } from '#core/terminals/read-recording.ts';
import type { WebhookDeps } from '#core/webhooks/create-webhook.ts';
import { operationsFor } from '#surfaces/http/operation.ts';

export interface NativeDeps extends WebhookDeps {
  readonly releases: ReleaseDeps;
  readonly bus: Pick<Bus, 'publish'>;
  readonly recordings: RecordingDeps;
  readonly authorities: Pick<Authorities, 'all' | 'rotateIntermediate'>;
  readonly eventFormat: EventFormat;
  readonly auditKeys: Pick<AuditKeys, 'chainKey'>;
  readonly signIn: readonly SignInIssuer[];
  /** Only its members see how the installation is set up. */
  readonly systemTenantId: TenantId;
  readonly settings: readonly SettingInForce[];
  /** What stands behind `--on`. @throws FleetError `invalid`, `not_found` */
  readonly readOn: (ctx: Context, text: string) => Promise<Target>;
  readonly keyRing: Pick<KeyRing, 'authenticateKey' | 'forget'>;
}

/** An issuer that people sign in at from a command line. */
export interface SignInIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  readonly resource: string | undefined;
}

/** One setting of the controller that answers. */
export interface SettingInForce {
  /** As in `garrison.yaml`. */
  readonly name: string;
  readonly section: string;
  readonly description: string;
  /** Null for a secret, and where there is none. */
  readonly value: string | null;
  readonly isSecret: boolean;
  readonly isSet: boolean;
  /** What happens without a value. */
  readonly whenUnset: string | null;
  readonly source: 'flag' | 'environment' | 'file' | 'default';
  /** Name of the flag or variable, or the line and its file; null for a default. */
  readonly from: string | null;
}

export const defineOperation = operationsFor<NativeDeps>();
