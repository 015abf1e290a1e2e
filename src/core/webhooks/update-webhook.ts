import type { Context } from '../kernel/context.ts';
import { notFound } from '../kernel/fleet-error.ts';
import { type CreateWebhook, checkAddress, getWebhook, sealHeaders, type WebhookDeps } from './create-webhook.ts';
import { writeWebhook } from './store.ts';
import { checkHeaders, type Webhook, type WebhookId } from './webhook.ts';

/** What is left out stays as it is. */
export interface WebhookChanges extends Partial<Pick<CreateWebhook, 'url' | 'headers' | 'types'>> {
  /** The types are among those that the contract of Edge Admin does not have. */
  readonly isNative: boolean;
}

/**
 * It goes on where it is: events that wait go to the new address, and are not given up when it is not for their type any more.
 * What a controller has read by now may still go to the former address.
 *
 * @throws FleetError `not_found`, `invalid` (an address or headers that cannot be).
 */
export async function updateWebhook(
  ctx: Context,
  deps: WebhookDeps,
  id: WebhookId,
  { url, headers, types, isNative }: WebhookChanges,
): Promise<Webhook> {
  await getWebhook(ctx, deps, id);
  if (headers !== undefined) checkHeaders(headers);
  if (url !== undefined) await checkAddress(deps, url);
  const isWritten = await deps.db.transaction((tx) =>
    writeWebhook(tx, ctx, {
      id,
      isNative,
      url: url ?? null,
      types: types === undefined ? null : [...new Set(types)],
      sealedHeaders: headers === undefined ? null : { value: sealHeaders(deps, id, headers) },
    }),
  );
  if (!isWritten) throw notFound('webhook');
  deps.nudgeRelay();
  return getWebhook(ctx, deps, id);
}
