import type { KeyHolder } from '#core/access/key.ts';
import type { ConsoleSessions } from '#core/console/console-sessions.ts';
import type { Principal } from '#core/kernel/context.ts';
import type { Sealer } from '#core/kernel/sealer.ts';
import { operationsFor } from '#surfaces/http/operation.ts';
import type { SessionCookie } from '#surfaces/http/session-cookie.ts';
import type { FeedDeps } from './feed.ts';

export interface ConsoleDeps extends FeedDeps {
  readonly sessions: ConsoleSessions;
  readonly cookie: SessionCookie;
  /** Who presents a key, a session or a JWT. */
  readonly callers: { authenticateKey(presented: string): Promise<KeyHolder | undefined> };
  readonly installation: { readonly version: string; id(): string };
  /** Names of tenants. */
  tenantName(id: Principal['tenantId']): Promise<string | null>;
  /** Where this controller is known, without a slash at the end. */
  publicUrl(): string;
  /** Seals what a browser carries to an issuer and back. */
  readonly sealer: Pick<Sealer, 'seal' | 'open'>;
  readonly issuers: readonly BrowserIssuer[];
}

/** An issuer that people sign in at with a browser: authorisation code with PKCE, the client's half of which is here. */
export interface BrowserIssuer {
  readonly issuer: string;
  /** Where the browser goes, and what has to be known when it comes back. */
  begin(redirectUrl: string): Promise<{ readonly address: string; readonly state: string; readonly verifier: string }>;
  /** @returns who came back. @throws FleetError `unauthenticated`, `forbidden`, `unavailable`. */
  finish(came: URL, begun: { readonly state: string; readonly verifier: string }): Promise<Principal>;
}

export const defineOperation = operationsFor<ConsoleDeps>();
