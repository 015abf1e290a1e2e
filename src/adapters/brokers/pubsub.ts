/**
 * Google Cloud Pub/Sub, by the client of its makers: one topic for each domain, the entity as ordering key. Credentials are
 * found as that client finds them.
 */
import { PubSub, type Topic } from '@google-cloud/pubsub';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import { TOPICS, topicOf } from './domains.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed, refused } from './link.ts';

export interface PubSubBrokerOptions {
  readonly projectId: string;
  /** Before the name of each topic. */
  readonly topicIdPrefix: string;
  /** `host:port` of an emulator, which has no credentials and no TLS. */
  readonly emulator?: string | undefined;
}

const WINDOW = 64;
/** Status codes of gRPC. */
const CODE = { invalid: 3, late: 4, missing: 5, forbidden: 7, exhausted: 8, away: 14, nobody: 16 };

export function pubSubBroker(options: PubSubBrokerOptions): BrokerProtocol {
  return { kind: 'google_pubsub', connect: () => connect(options), judge };
}

async function connect({ projectId, topicIdPrefix, emulator }: PubSubBrokerOptions): Promise<BrokerLink> {
  const client = new PubSub({
    projectId,
    ...(emulator !== undefined && { apiEndpoint: emulator, emulatorMode: true }),
  });
  const publishing = {
    messageOrdering: true,
    batching: { maxMilliseconds: 2, maxMessages: 100 },
    gaxOpts: { timeout: 8_000, retry: null },
  };
  const topics = new Map(TOPICS.map((name) => [name, client.topic(topicIdPrefix + name, publishing)]));
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // whoever holds the link is told
  try {
    await probe([...topics.values()][0]);
  } catch (error) {
    await client.close();
    throw error;
  }
  return {
    window: WINDOW,
    lost: broken.promise,
    publish: async (message) => {
      try {
        return await send(topics.get(topicOf(message.type)), message);
      } catch (error) {
        if (isAway(error)) broken.reject(error);
        throw error;
      }
    },
    close: () => client.close(),
  };
}

/** Whoever may publish need not be allowed to ask: any answer but that we are nobody shows that it can be reached. */
async function probe(topic: Topic | undefined): Promise<void> {
  try {
    await topic?.getMetadata({ timeout: 5_000, retry: null });
  } catch (error) {
    if (
      isAway(error) ||
      (error as { code?: unknown }).code === CODE.nobody ||
      typeof (error as { code?: unknown }).code !== 'number'
    )
      throw error;
  }
}

async function send(topic: Topic | undefined, message: BrokerMessage): Promise<Published> {
  if (topic === undefined) return linkFailed('no_such_destination');
  const { id, type, entity, tenant, coreName: corename, body } = message;
  try {
    await topic.publishMessage({
      data: Buffer.from(body),
      attributes: { id, type, corename, tenant },
      orderingKey: entity,
    });
    return delivered('accepted');
  } catch (error) {
    topic.resumePublishing(entity); // we keep the order, and try again ourselves
    throw error;
  }
}

function isAway(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === CODE.away || code === CODE.late;
}

function judge(error: Error): Published | undefined {
  const { code, message } = error as Error & { code?: number };
  if (code === CODE.forbidden || code === CODE.nobody) return linkFailed('not_authorized', message);
  if (code === CODE.missing) return linkFailed('no_such_destination', message);
  if (code === CODE.exhausted) return linkFailed('no_room', message);
  if (code === CODE.invalid) return refused(/size|large|exceed/i.test(message) ? 'too_large' : 'not_accepted', message);
  return isAway(error) ? linkFailed('connection_lost', message) : undefined;
}
