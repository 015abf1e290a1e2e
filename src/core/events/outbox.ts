import type { TenantId } from '../kernel/ids.ts';
import type { EventType } from './catalogue.ts';

/** Where an event stands in the order of the outbox: the id of the transaction that wrote it, and its place there. */
export interface OutboxPlace {
  /** 64 bits, as digits. */
  readonly txid: string;
  readonly position: number;
}

/** One row of the outbox. */
export interface OutboxEvent extends OutboxPlace {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly type: EventType;
  readonly subject: string;
  /** The payload of the catalogue as JSON has it: instants are texts. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  /** Its number among the events of its subject, from 1; null in events of before there were numbers. */
  readonly sequence: number | null;
}
