/**
 * AWS SNS, by the SDK of its makers: one topic for each domain, ten messages in one request. Credentials are found as that SDK
 * finds them (environment, files, the role of the machine).
 */
import { GetTopicAttributesCommand, PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import { collect } from './collect.ts';
import { topicOf } from './domains.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed, refused } from './link.ts';

export interface SnsBrokerOptions {
  readonly region: string;
  /** Before the name of each topic: `arn:aws:sns:eu-west-1:123456789012:` */
  readonly topicArnPrefix: string;
  /** The address of another service that speaks the protocol of SNS. */
  readonly endpoint?: string | undefined;
}

const WINDOW = 80;
const MOST_AT_ONCE = 10;
const LARGEST_REQUEST = 262_144;

export function snsBroker(options: SnsBrokerOptions): BrokerProtocol {
  return { kind: 'aws_sns', connect: () => connect(options), judge };
}

async function connect({ region, topicArnPrefix, endpoint }: SnsBrokerOptions): Promise<BrokerLink> {
  const client = new SNSClient({ region, maxAttempts: 1, ...(endpoint !== undefined && { endpoint }) });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => {}); // whoever holds the link is told
  await probe(client, topicArnPrefix + topicOf('edge.node.registered'));
  const publish = collect(WINDOW, async (messages: readonly BrokerMessage[]) => {
    const results = new Map<string, Published>();
    for (const [topic, some] of Map.groupBy(messages, ({ type }) => topicOf(type)))
      for (const few of inRequests(some))
        for (const [id, result] of await send(client, topicArnPrefix + topic, few)) results.set(id, result);
    return messages.map(({ id }) => results.get(id) ?? linkFailed('failed', 'SNS said nothing about it'));
  });
  return {
    window: WINDOW,
    lost: broken.promise,
    publish: (message) =>
      publish(message).catch((error) => {
        if (isAway(error)) broken.reject(error);
        throw error;
      }),
    close: async () => client.destroy(),
  };
}

/** Whoever may publish need not be allowed to ask: any answer but that we are nobody shows that it can be reached. */
async function probe(client: SNSClient, TopicArn: string): Promise<void> {
  try {
    await client.send(new GetTopicAttributesCommand({ TopicArn }));
  } catch (error) {
    if (isAway(error) || isNobody(error)) throw error;
  }
}

/** Ten at most, and no more bytes than a request may have. One that is larger alone goes alone, and is told so. */
function inRequests(messages: readonly BrokerMessage[]): BrokerMessage[][] {
  const requests: BrokerMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body) + 1_024;
    const last = requests.at(-1);
    if (last === undefined || last.length === MOST_AT_ONCE || bytes + size > LARGEST_REQUEST) {
      requests.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return requests;
}

async function send(client: SNSClient, TopicArn: string, messages: readonly BrokerMessage[]) {
  const { Successful = [], Failed = [] } = await client.send(
    new PublishBatchCommand({
      TopicArn,
      PublishBatchRequestEntries: messages.map((one, place) => entryOf(one, place, TopicArn)),
    }),
  );
  const idAt = (place: string | undefined) => messages[Number(place)]?.id ?? '';
  return [
    ...Successful.map(({ Id }) => [idAt(Id), delivered('accepted')] as const),
    ...Failed.map(({ Id, Code, Message, SenderFault }) => {
      const text = `${Code}: ${Message}`;
      return [idAt(Id), SenderFault === true ? refused('not_accepted', text) : linkFailed('failed', text)] as const;
    }),
  ];
}

function entryOf({ id, type, entity, tenant, coreName, body }: BrokerMessage, place: number, topic: string) {
  const text = (StringValue: string) => ({ DataType: 'String', StringValue });
  return {
    Id: String(place),
    Message: body,
    MessageAttributes: { type: text(type), corename: text(coreName), tenant: text(tenant) },
    ...(topic.endsWith('.fifo') && { MessageGroupId: entity, MessageDeduplicationId: id }),
  };
}

interface AwsError extends Error {
  readonly $response?: unknown;
}

function isAway(error: unknown): boolean {
  return (error as AwsError).$response === undefined && !isNobody(error);
}

function isNobody(error: unknown): boolean {
  return /Credentials|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken/.test((error as Error).name);
}

function judge(error: Error): Published | undefined {
  if (isNobody(error) || /AuthorizationError|AccessDenied/.test(error.name))
    return linkFailed('not_authorized', error.message);
  if (/NotFound/.test(error.name)) return linkFailed('no_such_destination', error.message);
  if (/TooLong|TooLarge/.test(error.name) || /too long|length|size/i.test(error.message))
    return refused('too_large', error.message);
  if (/Throttl/.test(error.name)) return linkFailed('blocked', error.message);
  return isAway(error) ? linkFailed('connection_lost', error.message) : undefined;
}
