/**
 * Kafka, by @platformatic/kafka (in JavaScript alone; the other one has a binary that it fetches when it is installed). Four
 * topics, key = entity, acknowledged by all replicas in sync.
 */
import { readFileSync } from 'node:fs';
import { Producer, stringSerializers } from '@platformatic/kafka';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { collect } from './collect.ts';
import { TOPICS, topicOf } from './domains.ts';
import { causesOf } from './error-causes.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed, refused } from './link.ts';

export interface KafkaBrokerOptions {
  /** `host:port`, of some of its servers. */
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: Secret | undefined;
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly isEncrypted: boolean;
  readonly authorityFile?: string | undefined;
}

const WINDOW = 64;
const ALL_REPLICAS = -1;

export function kafkaBroker(options: KafkaBrokerOptions): BrokerProtocol {
  return { kind: 'kafka', connect: () => connect(options), judge };
}

async function connect(options: KafkaBrokerOptions): Promise<BrokerLink> {
  const { servers, user, password, mechanism, isEncrypted, authorityFile } = options;
  const producer = new Producer({
    clientId: 'garrison-events',
    bootstrapBrokers: [...servers],
    serializers: stringSerializers,
    acks: ALL_REPLICAS,
    retries: 0, // whoever publishes keeps the message and tries again
    connectTimeout: 5_000,
    requestTimeout: 8_000,
    timeout: 5_000,
    ...(isEncrypted && { tls: authorityFile === undefined ? {} : { ca: readFileSync(authorityFile) } }),
    ...(user !== undefined && { sasl: { mechanism, username: user, password: password?.reveal() ?? '' } }),
  });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // whoever holds the link is told
  try {
    await producer.metadata({ topics: [...TOPICS], autocreateTopics: true, retries: 0 });
  } catch (error) {
    await producer.close().catch(() => {}); // it never was open
    throw error;
  }
  return {
    window: WINDOW,
    lost: broken.promise,
    publish: collect(WINDOW, async (messages: readonly BrokerMessage[]) => {
      try {
        return await produce(producer, messages);
      } catch (error) {
        producer.clearMetadata(); // another one may lead the topic by now
        if (isNetwork(error)) broken.reject(error);
        throw error;
      }
    }),
    close: () => producer.close(),
  };
}

async function produce(
  producer: Producer<string, string, string, string>,
  messages: readonly BrokerMessage[],
): Promise<Published[]> {
  await producer.send({
    messages: messages.map(({ id, type, entity, tenant, coreName: corename, body }) => ({
      topic: topicOf(type),
      key: entity,
      value: body,
      headers: { id, type, tenant, corename, 'content-type': 'application/cloudevents+json' },
    })),
  });
  return messages.map(() => delivered('stored'));
}

function isNetwork(error: unknown): boolean {
  return causesOf(error).some(
    ({ code }) => code === 'PLT_KFK_NETWORK' || code === 'ECONNREFUSED' || code === 'ECONNRESET',
  );
}

function judge(error: Error): Published | undefined {
  const text = causesOf(error)
    .map(({ apiId, message }) => `${apiId ?? ''} ${message}`)
    .join(' ');
  if (/MESSAGE_TOO_LARGE|RECORD_LIST_TOO_LARGE/.test(text)) return refused('too_large', error.message);
  if (/AUTHORIZATION_FAILED|SASL|authentication/i.test(text)) return linkFailed('not_authorized', error.message);
  if (/UNKNOWN_TOPIC/.test(text)) return linkFailed('no_such_destination', error.message);
  if (/NOT_ENOUGH_REPLICAS/.test(text)) return linkFailed('blocked', error.message);
  return isNetwork(error) ? linkFailed('connection_lost', error.message) : undefined;
}
