/**
 * AMQP 0.9.1 (RabbitMQ), by rabbitmq-client, which has no dependency and one promise for each confirm: a durable topic
 * exchange, routing key = type, persistent and confirmed.
 */
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { Connection, type Publisher } from 'rabbitmq-client';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed } from './link.ts';

export interface AmqpBrokerOptions {
  /** `amqp://user:password@host/vhost` */
  readonly url: Secret;
  readonly isEncrypted: boolean;
  readonly authorityFile?: string | undefined;
}

const EXCHANGE = 'edge.events';
const WINDOW = 64;

export function amqpBroker(options: AmqpBrokerOptions): BrokerProtocol {
  return { kind: 'rabbitmq', connect: () => connect(options), judge };
}

async function connect({ url, isEncrypted, authorityFile }: AmqpBrokerOptions): Promise<BrokerLink> {
  const ca = authorityFile === undefined ? true : { ca: readFileSync(authorityFile, 'utf8') };
  const connection = new Connection({
    url: url.reveal(),
    connectionName: 'garrison events',
    connectionTimeout: 5_000,
    acquireTimeout: 5_000,
    heartbeat: 20,
    ...((isEncrypted || url.reveal().startsWith('amqps:')) && { tls: ca }),
  });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // whoever holds the link is told
  connection.on('error', (error) => broken.reject(error as Error));
  let blockedBy: string | undefined;
  connection.on('connection.blocked', (reason) => {
    blockedBy = `the broker takes nothing: ${reason}`;
  });
  connection.on('connection.unblocked', () => {
    blockedBy = undefined;
  });
  const returned = new Set<string>();
  try {
    await Promise.race([connection.onConnect(5_000, true), broken.promise]);
    await connection.exchangeDeclare({ exchange: EXCHANGE, type: 'topic', durable: true });
  } catch (error) {
    connection.unsafeDestroy();
    throw error;
  }
  const publisher = connection.createPublisher({ confirm: true });
  publisher.on('basic.return', ({ messageId }) => {
    if (messageId !== undefined) returned.add(messageId);
  });
  return {
    window: WINDOW,
    lost: broken.promise,
    blockedBy: () => blockedBy,
    publish: (message) => send(publisher, message, returned),
    async close() {
      connection.unsafeDestroy(); // what is not confirmed is sent again
    },
  };
}

/** A message that no queue wants is confirmed like any other; that it came back is told beside the confirm, a turn later. */
async function send(publisher: Publisher, message: BrokerMessage, returned: Set<string>): Promise<Published> {
  const { id: messageId, type, tenant, coreName: corename, body } = message;
  await publisher.send(
    {
      exchange: EXCHANGE,
      routingKey: type,
      durable: true,
      mandatory: true,
      messageId,
      type,
      contentType: 'application/cloudevents+json',
      headers: { corename, tenant },
    },
    Buffer.from(body),
  );
  await turn();
  return returned.delete(messageId) ? delivered('nobody_listening') : delivered('confirmed');
}

function judge(error: Error): Published | undefined {
  const { code, message } = error as Error & { code?: string };
  if (code === 'NOT_FOUND') return linkFailed('no_such_destination', message);
  if (code === 'ACCESS_REFUSED') return linkFailed('not_authorized', message);
  if (code === 'RESOURCE_ERROR' || code === 'CONTENT_TOO_LARGE') return linkFailed('no_room', message);
  if (/nack/i.test(`${code} ${message}`)) return linkFailed('no_room', 'the broker did not take it');
  return undefined;
}
