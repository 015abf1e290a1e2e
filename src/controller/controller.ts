import type { TenantId } from '#core/kernel/ids.ts';
import type { Secret } from '#core/kernel/secret.ts';
import type { FirstKeys } from './first-keys.ts';
import type { ControllerSecrets } from './secrets.ts';

/** A controller that runs. */
export interface Controller {
  /** Base URL of the plain listener. */
  readonly api: string;
  /** Base URL of the TLS listener. */
  readonly tls: string;
  /** host:port of the node listener. */
  readonly nodes: string;
  /** host:port of the proxies. */
  readonly httpProxy: string;
  readonly socksProxy: string;
  readonly orgId: TenantId;
  readonly keys: FirstKeys;
  /** As settled with the other controllers of the database. */
  readonly secrets: ControllerSecrets;
  /** A join secret for the node on this machine. */
  issueLocalToken(): Promise<Secret>;
  stop(): Promise<void>;
}
