import type { EventFormat } from '#core/events/event-format.ts';
import type { OutboxEvent } from '#core/events/outbox.ts';
import { isContractType, writeContractPayload } from './contract-payloads.ts';
import { ALL_NAMES, CONTRACT_NAMES, publishedNameOf, typeOf } from './published-types.ts';

export interface CloudEventOptions {
  /** URI of whoever tells. */
  readonly source: string;
  /** Which installation it is, for those who listen to several. */
  readonly coreName: string;
}

/** CloudEvents 1.0, structured JSON; `README.md` has every attribute. */
export function cloudEvents({ source, coreName }: CloudEventOptions): EventFormat {
  return {
    contractNames: CONTRACT_NAMES,
    names: ALL_NAMES,
    nameOf: publishedNameOf,
    typeOf,
    encode: (event) => ({
      specversion: '1.0',
      id: event.id,
      source,
      type: publishedNameOf(event.type),
      subject: event.subject,
      time: event.createdAt.toISOString(),
      datacontenttype: 'application/json',
      corename: coreName,
      tenant: event.tenantId,
      ...(event.sequence !== null && { sequence: String(event.sequence).padStart(20, '0') }),
      data: dataOf(event),
    }),
  };
}

function dataOf({ type, data }: OutboxEvent): Readonly<Record<string, unknown>> {
  if (isContractType(type)) return writeContractPayload(type, data);
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [snakeCase(name), value]));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[a-z0-9][A-Z]/g, ([before, after]) => `${before}_${after?.toLowerCase()}`);
}
