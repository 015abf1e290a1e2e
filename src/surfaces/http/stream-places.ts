import type { Principal } from '#core/kernel/context.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';

export interface StreamBounds {
  /** Event streams of one tenant that are open at once. Default 1,000. */
  readonly mostPerTenant?: number;
  /** How many of them one caller may have, by its token or key. Default 500. */
  readonly mostPerCaller?: number;
}

const COME_BACK_AFTER_S = 5;

/**
 * Places for event streams. An open one costs processor and memory for as long as it lives, whether its reader reads or not,
 * so a tenant has a bounded number of them, and each caller a part of it. Each controller counts for itself.
 */
export class StreamPlaces {
  readonly #bounds: Required<StreamBounds>;
  readonly #taken = new Map<string, number>();

  constructor(bounds: StreamBounds = {}) {
    this.#bounds = { mostPerTenant: 1_000, mostPerCaller: 500, ...bounds };
  }

  /** Takes a place; what is returned gives it back. @throws FleetError `rate_limited` when there is none. */
  take({ tenantId, subject }: Pick<Principal, 'tenantId' | 'subject'>): () => void {
    const { mostPerTenant, mostPerCaller } = this.#bounds;
    const caller = `${tenantId}/${subject}`;
    if (this.#of(tenantId) >= mostPerTenant) throw full('tenant', mostPerTenant);
    if (this.#of(caller) >= mostPerCaller) throw full('caller', mostPerCaller);
    this.#add(tenantId, 1);
    this.#add(caller, 1);
    return () => {
      this.#add(tenantId, -1);
      this.#add(caller, -1);
    };
  }

  #of(owner: string): number {
    return this.#taken.get(owner) ?? 0;
  }

  #add(owner: string, count: number): void {
    const taken = this.#of(owner) + count;
    if (taken === 0) this.#taken.delete(owner);
    else this.#taken.set(owner, taken);
  }
}

function full(owner: 'tenant' | 'caller', bound: number): FleetError {
  const message = `This ${owner} has ${bound} event streams open on this controller, which is the limit: end some, or come back later.`;
  return new FleetError('rate_limited', message, { facts: { bound, retryAfterSeconds: COME_BACK_AFTER_S } });
}
