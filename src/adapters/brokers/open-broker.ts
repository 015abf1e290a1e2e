import type { NatsAccess } from '#adapters/nats/connect.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import type { Values } from '#settings/read-settings.ts';
import type { BrokerProtocol } from './link.ts';
import type { brokerSettings } from './settings.ts';

export type BrokerConfig = Values<typeof brokerSettings>;

/** Packages that only who uses that broker installs, and the one that was tested. */
const PEERS = {
  kafka: '@platformatic/kafka@2.12.1',
  sns: '@aws-sdk/client-sns@3.1169.0',
  pubsub: '@google-cloud/pubsub@6.2.0',
} as const;

/**
 * The broker that is configured; undefined without one. Only its own code is loaded.
 *
 * @throws FleetError `invalid` when a setting or a package that it needs is missing
 */
export async function openBroker(
  config: BrokerConfig,
  { maxAgeMs }: { readonly maxAgeMs: number },
): Promise<BrokerProtocol | undefined> {
  if (!config.eventBrokerEnabled) return undefined;
  switch (config.eventBrokerAdapter) {
    case undefined:
      throw new FleetError('invalid', 'EVENT_BROKER_ENABLED is true: name the broker in EVENT_BROKER_ADAPTER');
    case 'nats': {
      const { natsBroker } = await import('./nats.ts');
      return natsBroker({ access: natsAccess(config), hasJetStream: config.eventBrokerNatsJetStream, maxAgeMs });
    }
    case 'rabbitmq':
    case 'amqp091': {
      const { amqpBroker } = await import('./amqp.ts');
      const url = needed(config.eventBrokerRabbitUrl, 'EVENT_BROKER_RABBITMQ_URL');
      return amqpBroker({
        url,
        isEncrypted: config.eventBrokerRabbitSsl,
        authorityFile: config.eventBrokerAuthorityFile,
      });
    }
    case 'redis': {
      const { redisBroker } = await import('./redis.ts');
      return redisBroker({
        url: needed(config.eventBrokerRedisUrl, 'EVENT_BROKER_REDIS_URL'),
        isEncrypted: config.eventBrokerRedisSsl,
        authorityFile: config.eventBrokerAuthorityFile,
        hasStreams: config.eventBrokerRedisStreams,
      });
    }
    case 'mqtt': {
      const { mqttBroker } = await import('./mqtt.ts');
      return mqttBroker({
        url: needed(config.eventBrokerMqttUrl, 'EVENT_BROKER_MQTT_URL'),
        qos: config.eventBrokerMqttQos === 0 ? 0 : 1,
        isEncrypted: config.eventBrokerMqttSsl,
        authorityFile: config.eventBrokerAuthorityFile,
        user: config.eventBrokerMqttUsername,
        password: config.eventBrokerMqttPassword,
        jwt: config.eventBrokerMqttJwt,
      });
    }
    case 'kafka':
    case 'redpanda': {
      const { kafkaBroker } = await installed(import('./kafka.ts'), PEERS.kafka);
      if (config.eventBrokerKafkaUrls.length === 0) needed(undefined, 'EVENT_BROKER_KAFKA_URLS');
      return kafkaBroker({
        servers: config.eventBrokerKafkaUrls.map((url) => url.replace(/^kafka:\/\//, '')),
        user: config.eventBrokerKafkaUsername,
        password: config.eventBrokerKafkaPassword,
        mechanism: MECHANISMS[config.eventBrokerKafkaMechanism],
        isEncrypted: config.eventBrokerKafkaSsl,
        authorityFile: config.eventBrokerAuthorityFile,
      });
    }
    case 'aws_sns': {
      const { snsBroker } = await installed(import('./sns.ts'), PEERS.sns);
      return snsBroker({
        region: needed(config.eventBrokerSnsRegion, 'EVENT_BROKER_AWS_SNS_REGION'),
        topicArnPrefix: needed(config.eventBrokerSnsTopicArnPrefix, 'EVENT_BROKER_AWS_SNS_TOPIC_ARN_PREFIX'),
        endpoint: config.eventBrokerSnsEndpointUrl,
      });
    }
    case 'google_pubsub': {
      const { pubSubBroker } = await installed(import('./pubsub.ts'), PEERS.pubsub);
      return pubSubBroker({
        projectId: needed(config.eventBrokerPubSubProject, 'EVENT_BROKER_GOOGLE_PUBSUB_PROJECT'),
        topicIdPrefix: config.eventBrokerPubSubTopicIdPrefix ?? '',
        emulator: config.eventBrokerPubSubEmulatorHost,
      });
    }
  }
}

const MECHANISMS = { plain: 'PLAIN', scram_sha_256: 'SCRAM-SHA-256', scram_sha_512: 'SCRAM-SHA-512' } as const;

function natsAccess(config: BrokerConfig): NatsAccess {
  return {
    url: needed(config.eventBrokerNatsUrls, 'EVENT_BROKER_NATS_URLS'),
    authorityFile: config.eventBrokerAuthorityFile,
    token: config.eventBrokerNatsToken,
    user: config.eventBrokerNatsUsername,
    password: config.eventBrokerNatsPassword,
    nkeySeed: config.eventBrokerNatsNkeySeed,
    jwt: config.eventBrokerNatsJwt,
  };
}

function needed<T>(value: T | undefined, variable: string): T {
  if (value === undefined)
    throw new FleetError('invalid', `EVENT_BROKER_ENABLED is true and its broker needs ${variable}: set it`);
  return value;
}

/** @throws FleetError `invalid` that says what to install */
export async function installed<T>(loading: Promise<T>, packageName: string): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new FleetError(
      'invalid',
      `this broker needs a package that is not part of a release. In the directory of the program run: npm install --no-save ${packageName}`,
      { cause: error },
    );
  }
}
