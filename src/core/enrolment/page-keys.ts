import type { Context } from '../kernel/context.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { hashCredential } from '../kernel/secret.ts';
import { type Queryable, sql } from '../kernel/sql.ts';
import { type NumberedPage, readPageOfIds } from '../lists/compile-list.ts';
import { defineList, flag, instant, integer, special, text } from '../lists/fields.ts';
import type { ListRequest } from '../lists/list-request.ts';
import type { EnrollmentKey, EnrollmentKeyId } from './enrollment-key.ts';
import { readKeys } from './store.ts';

const CLUSTER = 'cluster';

/** What enrolment keys can be filtered and ordered by. Whether one has expired depends on the clock. */
export function keyList(now: Date) {
  return defineList({
    from: sql`enrollment_keys`,
    id: sql`enrollment_keys.id`,
    joins: { [CLUSTER]: sql`join clusters on clusters.id = enrollment_keys.cluster_id` },
    fields: {
      clusterName: text(sql`clusters.name`, { join: CLUSTER }),
      name: text(sql`enrollment_keys.name`, { isSortable: true, isNullable: true }),
      hasName: flag(sql`enrollment_keys.name is not null`),
      key: special((value) => sql`enrollment_keys.hash = ${hashCredential(value)}`),
      usesRemaining: integer(sql`enrollment_keys.uses_remaining`, { minimum: 1, isSortable: true, isNullable: true }),
      isUnlimited: flag(sql`enrollment_keys.uses_remaining is null`),
      isSpent: flag(sql`coalesce(enrollment_keys.uses_remaining = 0, false)`),
      isExpired: flag(sql`coalesce(enrollment_keys.expired_at <= ${now}::timestamptz, false)`),
      isNeverUsed: flag(sql`enrollment_keys.last_used_at is null`),
      hasExpiry: flag(sql`enrollment_keys.expired_at is not null`),
      expiresAt: instant(sql`enrollment_keys.expired_at`, { isSortable: true, isNullable: true }),
      lastUsedAt: instant(sql`enrollment_keys.last_used_at`, { isSortable: true, isNullable: true }),
      createdAt: instant(sql`enrollment_keys.inserted_at`, { isSortable: true }),
      updatedAt: instant(sql`enrollment_keys.updated_at`, { isSortable: true }),
    },
  });
}

export async function pageKeys(
  ctx: Context,
  { db, sealer }: { readonly db: Queryable; readonly sealer: Sealer },
  request: ListRequest,
): Promise<NumberedPage<EnrollmentKey>> {
  const list = keyList(ctx.clock.now());
  const scope = sql`enrollment_keys.tenant_id = ${ctx.tenantId}`;
  const page = await readPageOfIds<EnrollmentKeyId>(db, list, request, scope);
  const keys = new Map((await readKeys(db, sealer, ctx, page.items)).map((key) => [key.id, key]));
  return { ...page, items: page.items.flatMap((id) => keys.get(id) ?? []) };
}
