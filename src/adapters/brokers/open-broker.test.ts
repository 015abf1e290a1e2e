import { expect, test } from 'vitest';
import { readSettings } from '#settings/read-settings.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { installed, openBroker } from './open-broker.ts';
import { brokerSettings } from './settings.ts';

const open = (env: Readonly<Record<string, string>>) =>
  openBroker(readSettings(brokerSettings, { env }), { maxAgeMs: 3_600_000 });

test('without EVENT_BROKER_ENABLED there is none, whatever else is set', async () => {
  expect(await open({ EVENT_BROKER_ADAPTER: 'nats' })).toBeUndefined();
});

test.each([
  ['nats', { EVENT_BROKER_NATS_URLS: 'nats://a:4222,nats://b:4222' }, 'nats'],
  ['rabbitmq', { EVENT_BROKER_RABBITMQ_URL: 'amqp://a' }, 'rabbitmq'],
  ['amqp091', { EVENT_BROKER_RABBITMQ_URL: 'amqps://a/v' }, 'rabbitmq'],
  ['redis', { EVENT_BROKER_REDIS_URL: 'redis://a' }, 'redis'],
  ['mqtt', { EVENT_BROKER_MQTT_URL: 'mqtt://a', EVENT_BROKER_MQTT_QOS: '0' }, 'mqtt'],
  ['kafka', { EVENT_BROKER_KAFKA_URLS: 'a:9092,kafka://b:9092' }, 'kafka'],
  ['redpanda', { EVENT_BROKER_KAFKA_URLS: 'a:9092' }, 'kafka'],
  [
    'aws_sns',
    { EVENT_BROKER_AWS_SNS_REGION: 'r', EVENT_BROKER_AWS_SNS_TOPIC_ARN_PREFIX: 'arn:aws:sns:r:1:' },
    'aws_sns',
  ],
  ['google_pubsub', { EVENT_BROKER_GOOGLE_PUBSUB_PROJECT: 'p' }, 'google_pubsub'],
])('%s is chosen by its variables, and says what it lacks without them', async (adapter, env, kind) => {
  const chosen = { EVENT_BROKER_ENABLED: 'true', EVENT_BROKER_ADAPTER: adapter };
  expect((await open({ ...chosen, ...env }))?.kind).toBe(kind);
  await expect(open(chosen)).rejects.toThrow(Object.keys(env)[0]);
});

test('one that is switched on and not named says so', async () => {
  await expect(open({ EVENT_BROKER_ENABLED: 'true' })).rejects.toThrow(/EVENT_BROKER_ADAPTER/);
});

test('a package that is not there is named with what to do', async () => {
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(installed(Promise.reject(missing), 'a@1')).rejects.toThrow(/npm install --no-save a@1/);
});

test('the packages that are named are those that were tested', async () => {
  const { readFileSync } = await import('node:fs');
  const source = readFileSync(new URL('./open-broker.ts', import.meta.url), 'utf8');
  for (const [name, version] of Object.entries(packageJson.peerDependencies))
    expect(source).toContain(`'${name}@${version}'`);
});
