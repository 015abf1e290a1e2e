import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import type { Principal } from '../kernel/context.ts';
import type { KeyId, TenantId } from '../kernel/ids.ts';
import { hashCredential, type Secret } from '../kernel/secret.ts';
import type { Queryable } from '../kernel/sql.ts';
import type { HolderKind, Key, KeyHolder } from './key.ts';
import { findKeyByHash } from './store.ts';

export interface KeyRingOptions {
  readonly db: Queryable;
  readonly clock: Clock;
  /** Whom the keys of the configuration act for. */
  readonly systemTenantId: TenantId;
  /** MASTER_KEY, API_KEY, METRICS_KEY and PROXY_KEY: never rows. */
  readonly configured: Readonly<Partial<Record<ConfiguredKind, Secret>>>;
  /** How long a look-up is remembered, and so how long a key revoked on another controller still opens here. Default 1,000 ms. */
  readonly memoryMs?: number;
  /** Told of every use of a key that has a row. */
  readonly onUse?: (id: KeyId, at: Date) => void;
}

const CONFIGURED = ['master', 'api', 'metrics', 'proxy'] as const;
type ConfiguredKind = (typeof CONFIGURED)[number];

const MAX_REMEMBERED = 10_000;

/** Tells who presents a key. Keys are looked up by their hash, so a look-up tells nothing by how long it takes. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  readonly #configured: readonly { hash: Buffer; holder: KeyHolder }[];
  readonly #remembered: LRUCache<string, Promise<Key | undefined>>;

  constructor(options: KeyRingOptions) {
    this.#options = options;
    const { configured, systemTenantId, clock, memoryMs = 1_000 } = options;
    this.#configured = CONFIGURED.flatMap((kind) => {
      const secret = configured[kind];
      return secret ? [{ hash: hashCredential(secret.reveal()), holder: configuredHolder(kind, systemTenantId) }] : [];
    });
    this.#remembered = new LRUCache({
      max: MAX_REMEMBERED,
      ttl: memoryMs,
      ttlResolution: 0,
      perf: { now: () => clock.millis() },
    });
  }

  /** Undefined for what is no key, revoked or expired. */
  authenticateKey(presented: string): Promise<KeyHolder | undefined> {
    return this.authenticateHash(hashCredential(presented));
  }

  /** The same, for whoever has kept the hash of a key: the session that was opened with it. */
  async authenticateHash(hash: Buffer): Promise<KeyHolder | undefined> {
    const configured = this.#configured.find((one) => timingSafeEqual(one.hash, hash));
    if (configured) return configured.holder;
    const key = await this.#lookUp(hash);
    const now = this.#options.clock.now();
    if (key === undefined || key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now))
      return undefined;
    this.#options.onUse?.(key.id, now);
    return { kind: key.kind, principal: principalOf(key, this.#options.systemTenantId) };
  }

  /** The key with this hash is looked up anew the next time. */
  forget(hash: Buffer): void {
    this.#remembered.delete(hash.toString('base64'));
  }

  /** Callers who come together share one query; a failed one is not remembered. */
  #lookUp(hash: Buffer): Promise<Key | undefined> {
    const name = hash.toString('base64');
    const remembered = this.#remembered.get(name);
    if (remembered) return remembered;
    const found = findKeyByHash(this.#options.db, hash);
    this.#remembered.set(name, found);
    found.catch(() => this.#remembered.delete(name));
    return found;
  }
}

function configuredHolder(kind: ConfiguredKind, tenantId: TenantId): KeyHolder {
  const subject = `${kind}-key`;
  return {
    kind,
    principal: {
      kind: 'key',
      subject,
      name: subject,
      tenantId,
      scopes: scopesOf(kind, []),
      isMaster: kind === 'master',
    },
  };
}

function principalOf(
  { id, name, tenantId, kind, scopes, person, approval, budget }: Key,
  systemTenantId: TenantId,
): Principal {
  return {
    kind: 'key',
    subject: id,
    name,
    tenantId: tenantId ?? systemTenantId,
    scopes: scopesOf(kind, scopes),
    isMaster: kind === 'master',
    ...(person !== null && { person }),
    ...(approval !== null && { approval }),
    ...(budget !== null && { budget }),
  };
}

/** Everything for two keys of the installation, metrics for the third, tunnels for the fourth; every other key may do what its kind or its scopes say. */
function scopesOf(kind: HolderKind, scopes: readonly string[]): Principal['scopes'] {
  if (kind === 'metrics') return new Set(['edge-admin.metrics']);
  if (kind === 'proxy') return new Set(['garrison.proxy.use', 'garrison.tunnels.open']);
  return kind === 'master' || kind === 'api' ? 'all' : new Set(scopes);
}
