import { createHash, X509Certificate } from 'node:crypto';
import type { Service } from '#runtime/service.ts';
import { recordEvents } from '../events/record-events.ts';
import type { Bus } from '../kernel/bus.ts';
import type { Clock } from '../kernel/clock.ts';
import { FleetError } from '../kernel/fleet-error.ts';
import { newId, type TenantId } from '../kernel/ids.ts';
import { type SealedSecrets, sealedSecrets } from '../kernel/sealed-secrets.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { SharedReconciler } from '../kernel/shared-reconciler.ts';
import type { Database, Queryable } from '../kernel/sql.ts';
import {
  AUTHORITY_BACKDATED_MS,
  type AuthorityId,
  INTERMEDIATE_LIFETIME_MS,
  LEAF_LIFETIME_MS,
  ROOT_LIFETIME_MS,
  wholeSecond,
} from './certificate.ts';
import type { NewAuthority, Pki, Signer } from './pki.ts';
import {
  insertAuthority,
  lockAuthorities,
  readAuthorities,
  retireIssuingAuthority,
  type StoredAuthority,
} from './store.ts';

/**
 * The authorities of the installation: one root, and intermediates of which one signs. They live in the database, their
 * keys sealed, so that any number of controllers are one PKI.
 *
 * - **First start**: whoever holds the lock founds root and intermediate; everybody else finds them.
 * - **Rotation**: a new intermediate signs from now on. The old one stays trusted, and its revocation list is kept up,
 *   until its own end: leaves under it keep working. It happens by order, and by itself before the intermediate has less
 *   left than two lives of a leaf.
 * - Another controller learns of it by the bus, or within a minute by reading again; until then it signs with the old
 *   one, which is as good.
 * - **The root may be taken offline**: without its sealed key everything goes on except rotation, and renewing its own
 *   (empty, long-lived) revocation list.
 */
export interface AuthoritiesParts {
  readonly db: Database;
  readonly pki: Pki;
  readonly sealer: Sealer;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Whose events the changes of the PKI are. */
  readonly systemTenantId: TenantId;
  /** A background pass failed and will be tried again. */
  readonly onFailure?: (error: unknown) => void;
}

const TOPIC = 'authorities.changed';
const REREAD_EVERY_MS = 60_000;
/** What an intermediate must have left; with less it is replaced. */
const ROTATE_BEFORE_END_MS = 2 * LEAF_LIFETIME_MS;

export class Authorities implements Service {
  readonly name = 'authorities';
  readonly #parts: AuthoritiesParts;
  readonly #secrets: SealedSecrets;
  readonly #reconciler: SharedReconciler;
  readonly #listeners = new Set<() => void>();
  #known: Known | undefined;

  constructor(parts: AuthoritiesParts) {
    this.#parts = parts;
    this.#secrets = sealedSecrets(parts.sealer);
    this.#reconciler = new SharedReconciler({
      name: 'authorities',
      everyMs: REREAD_EVERY_MS,
      reconcile: () => this.#reconcile(),
      bus: parts.bus,
      topic: TOPIC,
      onFailure: parts.onFailure,
    });
  }

  start(): Promise<void> {
    return this.#reconciler.start();
  }

  stop(): Promise<void> {
    return this.#reconciler.stop();
  }

  /** The intermediate that signs leaves. */
  get issuing(): { readonly id: AuthorityId; readonly signer: Signer } {
    return this.#read.issuing;
  }

  /** Root and intermediates that have not ended: the one that signs first, the root last. */
  get all(): readonly StoredAuthority[] {
    return this.#read.all;
  }

  /** What to trust: intermediates, then the root. PEM. */
  get bundlePem(): string {
    return this.#read.bundlePem;
  }

  get rootPem(): string {
    return this.#read.root.certificate;
  }

  /** SHA-256 of the root, DER, lower-case hex: what join secrets pin. */
  get rootSha256(): string {
    return this.#read.rootSha256;
  }

  /** Told when another intermediate signs, after `issuing` and `bundlePem` have changed. @returns ends it */
  onRotated(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The signer of any authority, for its revocation list; undefined when its key has been taken offline. */
  async signerOf(authority: StoredAuthority, tx: Queryable = this.#parts.db): Promise<Signer | undefined> {
    if (authority.id === this.#read.issuing.id) return this.#read.issuing.signer;
    return this.#open(tx, authority);
  }

  /** A new intermediate signs from now on. @throws FleetError `conflict` when the root's key is not in the database. */
  async rotateIntermediate(): Promise<StoredAuthority> {
    const rotated = await this.#parts.db.transaction(async (tx) => {
      await lockAuthorities(tx);
      return this.#rotate(tx, await readAuthorities(tx));
    });
    await this.#changed();
    return rotated;
  }

  get #read(): Known {
    if (!this.#known) throw new Error('the authorities are not started');
    return this.#known;
  }

  async #reconcile(): Promise<void> {
    let stored = await readAuthorities(this.#parts.db);
    if (!this.#isInOrder(stored)) {
      stored = await this.#parts.db.transaction((tx) => this.#putInOrder(tx));
      this.#reconciler.tellOthers();
    }
    await this.#take(stored);
  }

  #isInOrder(stored: readonly StoredAuthority[]): boolean {
    const issuing = stored.find((authority) => authority.isIssuing);
    return issuing !== undefined && issuing.notAfter.getTime() - this.#parts.clock.millis() >= ROTATE_BEFORE_END_MS;
  }

  async #putInOrder(tx: Queryable): Promise<StoredAuthority[]> {
    await lockAuthorities(tx);
    const stored = await readAuthorities(tx);
    if (!this.#isInOrder(stored)) {
      if (stored.length === 0) await this.#foundRoot(tx);
      await this.#rotate(tx, await readAuthorities(tx));
    }
    return readAuthorities(tx);
  }

  async #foundRoot(tx: Queryable): Promise<void> {
    await this.#keep(tx, 'root', (name, notBefore) =>
      this.#parts.pki.createAuthority({
        commonName: name,
        notBefore,
        notAfter: new Date(notBefore.getTime() + ROOT_LIFETIME_MS),
      }),
    );
  }

  async #rotate(tx: Queryable, stored: readonly StoredAuthority[]): Promise<StoredAuthority> {
    const root = stored.find((authority) => authority.kind === 'root');
    const rootSigner = root && (await this.#open(tx, root));
    if (!root || !rootSigner) {
      throw new FleetError(
        'conflict',
        'The key of the root is not in the database. Put it back to make a new intermediate.',
      );
    }
    await retireIssuingAuthority(tx);
    const made = await this.#keep(tx, 'intermediate', (name, notBefore) => {
      const end = Math.min(notBefore.getTime() + INTERMEDIATE_LIFETIME_MS, root.notAfter.getTime());
      return this.#parts.pki.createAuthority({ commonName: name, notBefore, notAfter: new Date(end) }, rootSigner);
    });
    await recordEvents(tx, [
      {
        tenantId: this.#parts.systemTenantId,
        type: 'authority.created',
        subject: made.id,
        data: { authorityId: made.id, kind: made.kind, notAfter: made.notAfter },
      },
    ]);
    return made;
  }

  /** Names differ from one authority to the next: an issuer's name finds one key and one revocation list. */
  async #keep(
    tx: Queryable,
    kind: StoredAuthority['kind'],
    make: (name: string, notBefore: Date) => NewAuthority,
  ): Promise<StoredAuthority> {
    const id = newId<AuthorityId>();
    const now = wholeSecond(this.#parts.clock.now());
    const begins = new Date(now.getTime() - AUTHORITY_BACKDATED_MS);
    const { certificate, privateKeyPem } = make(`Garrison ${kind} ${id.slice(-12)}`, begins);
    const { subjectKeyId, notBefore, notAfter, pem } = certificate;
    const authority = {
      id,
      kind,
      certificate: pem,
      subjectKeyId,
      notBefore,
      notAfter,
      isIssuing: kind === 'intermediate',
    };
    await insertAuthority(tx, authority, this.#parts.clock.now());
    await this.#secrets.put(tx, keyName(id), privateKeyPem);
    return authority;
  }

  async #changed(): Promise<void> {
    this.#reconciler.tellOthers();
    await this.#take(await readAuthorities(this.#parts.db));
  }

  async #take(stored: readonly StoredAuthority[]): Promise<void> {
    const all = stored.filter((authority) => authority.notAfter > this.#parts.clock.now());
    const issuing = all.find((authority) => authority.isIssuing);
    const root = all.find((authority) => authority.kind === 'root');
    if (!issuing || !root) throw new Error('the database has no authority that can sign');
    const before = this.#known?.issuing;
    const signer = before?.id === issuing.id ? before.signer : await this.#open(this.#parts.db, issuing);
    if (!signer) throw new Error(`the key of the intermediate ${issuing.id} is not in the database`);
    this.#known = {
      all,
      root,
      issuing: { id: issuing.id, signer },
      bundlePem: all.map((authority) => authority.certificate).join(''),
      rootSha256: createHash('sha256').update(new X509Certificate(root.certificate).raw).digest('hex'),
    };
    if (before && before.id !== issuing.id) for (const listener of this.#listeners) listener();
  }

  async #open(db: Queryable, { id, certificate }: StoredAuthority): Promise<Signer | undefined> {
    const key = await this.#secrets.read(db, keyName(id));
    return key === undefined ? undefined : this.#parts.pki.openSigner(certificate, key);
  }
}

interface Known {
  readonly all: readonly StoredAuthority[];
  readonly root: StoredAuthority;
  readonly issuing: { readonly id: AuthorityId; readonly signer: Signer };
  readonly bundlePem: string;
  readonly rootSha256: string;
}

function keyName(id: AuthorityId): string {
  return `authority-key/${id}`;
}
