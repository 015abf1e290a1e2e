import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { type NodeId, parseId, type TenantId } from '../kernel/ids.ts';
import type { ArtifactId } from './artifact.ts';

/** What a ticket opens: one artifact, until `expiresAt`, for whoever has it or for one node alone. */
export interface Ticket {
  readonly tenantId: TenantId;
  readonly artifactId: ArtifactId;
  readonly nodeId: NodeId | 'anybody';
  readonly expiresAt: Date;
}

const LONGEST_TEXT = 512;
const FORM = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.([0-9a-f-]{36}|anybody)\.([0-9]{10,14})\.([A-Za-z0-9_-]{43})$/;

/**
 * Tickets to artifacts, signed with HMAC-SHA-256 under a key derived from the installation's secret key (HKDF, RFC 5869), so that
 * every controller of one database takes those of the others, and nothing is kept for them.
 *
 * Text: `tenant.artifact.node-or-anybody.milliseconds.signature`; nothing in it needs quoting in an address.
 */
export class ArtifactTickets {
  readonly #key: Buffer;
  readonly #clock: Clock;

  /** @param secretKey 32 bytes. */
  constructor(secretKey: Buffer, clock: Clock) {
    this.#key = Buffer.from(hkdfSync('sha256', secretKey, Buffer.alloc(0), 'garrison/1/artifact-tickets', 32));
    this.#clock = clock;
  }

  issue({ tenantId, artifactId, nodeId, expiresAt }: Ticket): string {
    const text = `${tenantId}.${artifactId}.${nodeId}.${expiresAt.getTime()}`;
    return `${text}.${this.#sign(text).toString('base64url')}`;
  }

  /** Undefined for everything we did not sign, and for what has expired. */
  read(text: string): Ticket | undefined {
    const [, tenant = '', artifact = '', node = '', expires = '', signature = ''] =
      (text.length <= LONGEST_TEXT && FORM.exec(text)) || [];
    const given = Buffer.from(signature, 'base64url');
    const due = this.#sign(text.slice(0, Math.max(0, text.lastIndexOf('.'))));
    if (given.length !== due.length || !timingSafeEqual(given, due)) return undefined;
    if (given.toString('base64url') !== signature) return undefined; // two spellings of the last character read the same
    const tenantId = parseId<TenantId>(tenant);
    const artifactId = parseId<ArtifactId>(artifact);
    const nodeId = node === 'anybody' ? 'anybody' : parseId<NodeId>(node);
    if (tenantId === undefined || artifactId === undefined || nodeId === undefined) return undefined;
    if (Number(expires) <= this.#clock.millis()) return undefined;
    return { tenantId, artifactId, nodeId, expiresAt: new Date(Number(expires)) };
  }

  #sign(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
