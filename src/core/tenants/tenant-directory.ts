import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import { parseId, type TenantId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';
import { ensureTenant } from './ensure-tenant.ts';
import { findTenant, findTenantBySlug } from './store.ts';
import type { Tenant } from './tenant.ts';

const MAX_REMEMBERED = 10_000;
const MEMORY_MS = 10_000;

/** Tenants by slug or id, remembered for ten seconds: every request of a person asks for one. Unknown ones are not remembered. */
export class TenantDirectory {
  readonly #parts: { readonly db: Queryable; readonly clock: Clock };
  readonly #remembered: LRUCache<string, Tenant>;

  constructor(parts: { readonly db: Queryable; readonly clock: Clock }) {
    this.#parts = parts;
    this.#remembered = new LRUCache({
      max: MAX_REMEMBERED,
      ttl: MEMORY_MS,
      ttlResolution: 0,
      perf: { now: () => parts.clock.millis() },
    });
  }

  async find(slugOrId: string): Promise<Tenant | undefined> {
    const remembered = this.#remembered.get(slugOrId);
    if (remembered !== undefined) return remembered;
    const id = parseId<TenantId>(slugOrId);
    const found =
      id === undefined ? await findTenantBySlug(this.#parts.db, slugOrId) : await findTenant(this.#parts.db, id);
    if (found !== undefined) this.#remembered.set(slugOrId, found);
    return found;
  }

  /** The tenant with this slug, made when nobody has it; whoever has it keeps its kind. */
  async ensure(tenant: Pick<Tenant, 'kind' | 'slug' | 'name'>): Promise<Tenant> {
    const remembered = this.#remembered.get(tenant.slug);
    if (remembered !== undefined) return remembered;
    const ensured = await ensureTenant(this.#parts, tenant);
    this.#remembered.set(tenant.slug, ensured);
    return ensured;
  }
}
