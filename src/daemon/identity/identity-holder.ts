import type { Identity } from './identity.ts';

/** The identity a daemon goes by, and where a renewed one is kept. */
export interface IdentityHolder {
  readonly current: Identity;
  /** Durable when it returns. */
  replace(identity: Identity): void;
}

/** @internal for tests */
export function heldInMemory(identity: Identity): IdentityHolder {
  return holdIdentity(identity, () => {});
}

export function holdIdentity(identity: Identity, save: (identity: Identity) => void): IdentityHolder {
  let current = identity;
  return {
    get current() {
      return current;
    },
    replace(next) {
      save(next);
      current = next;
    },
  };
}
