import type { Context } from '../kernel/context.ts';
import { invalidField, notFound } from '../kernel/fleet-error.ts';
import { newId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Secret } from '../kernel/secret.ts';
import type { Database } from '../kernel/sql.ts';
import { claimQuota } from '../tenants/claim-quota.ts';
import type { AddressRule } from './ports.ts';
import { findWebhook, headersContext, insertWebhook, removeWebhook, secretContext } from './store.ts';
import { checkHeaders, type Webhook, type WebhookId } from './webhook.ts';

export interface WebhookDeps {
  readonly db: Database;
  readonly sealer: Pick<Sealer, 'seal'>;
  readonly webhookAddresses: AddressRule;
  /** There is something for the relay to do. */
  readonly nudgeRelay: () => void;
}

export interface CreateWebhook {
  readonly url: string;
  readonly secret: Secret;
  readonly headers: Readonly<Record<string, string>>;
  readonly types: readonly string[];
  readonly isNative: boolean;
}

/**
 * It gets what is committed from now on. Secret and headers are kept sealed and never shown again. The address is checked here
 * for the sake of whoever makes it; what counts is the check of each connection (`adapters/webhooks`).
 *
 * @throws FleetError `invalid` (an address or headers that cannot be), `conflict` (too many).
 */
export async function createWebhook(ctx: Context, deps: WebhookDeps, input: CreateWebhook): Promise<Webhook> {
  checkHeaders(input.headers);
  await checkAddress(deps, input.url);
  const id = newId<WebhookId>();
  const { url, isNative, secret, headers } = input;
  await deps.db.transaction(async (tx) => {
    await claimQuota(tx, { tenantId: ctx.tenantId, kind: 'webhooks' });
    await insertWebhook(tx, ctx, {
      ...{ id, url, isNative, types: [...new Set(input.types)] },
      sealedSecret: deps.sealer.seal(secret.reveal(), secretContext(id)),
      sealedHeaders: sealHeaders(deps, id, headers),
    });
  });
  deps.nudgeRelay();
  return getWebhook(ctx, deps, id);
}

/** @throws FleetError `invalid` for one that cannot be posted to. */
export async function checkAddress({ webhookAddresses }: Pick<WebhookDeps, 'webhookAddresses'>, url: string) {
  const problem = await webhookAddresses.check(url);
  if (problem !== undefined) throw invalidField('url', problem);
}

export function sealHeaders(
  { sealer }: Pick<WebhookDeps, 'sealer'>,
  id: WebhookId,
  headers: CreateWebhook['headers'],
): Buffer | null {
  return Object.keys(headers).length === 0 ? null : sealer.seal(JSON.stringify(headers), headersContext(id));
}

/** @throws FleetError `not_found`. */
export async function getWebhook(ctx: Context, { db }: Pick<WebhookDeps, 'db'>, id: WebhookId): Promise<Webhook> {
  const webhook = await findWebhook(db, ctx, id);
  if (webhook === undefined) throw notFound('webhook');
  return webhook;
}

/** @throws FleetError `not_found`. */
export async function deleteWebhook(ctx: Context, { db }: Pick<WebhookDeps, 'db'>, id: WebhookId): Promise<void> {
  if (!(await db.transaction((tx) => removeWebhook(tx, ctx, id)))) throw notFound('webhook');
}
