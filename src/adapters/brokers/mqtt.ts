/** MQTT, by the client of the same name: topic = type with slashes, QoS 1. Version 5, because 3.1.1 tells success where the broker refuses. */
import { readFileSync } from 'node:fs';
import mqtt, { type IConnackPacket, type MqttClient, type Packet } from 'mqtt';
import type { BrokerMessage, Published } from '#core/events/broker.ts';
import type { Secret } from '#core/kernel/secret.ts';
import { type BrokerLink, type BrokerProtocol, delivered, linkFailed, refused } from './link.ts';

export interface MqttBrokerOptions {
  /** `mqtt://host:1883` or `mqtts://…` */
  readonly url: Secret;
  readonly qos: 0 | 1 | 2;
  readonly isEncrypted: boolean;
  readonly authorityFile?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: Secret | undefined;
  /** In place of a password. */
  readonly jwt?: Secret | undefined;
}

/** More at a time make mosquitto eight times slower. */
const MOST = 64;
const NO_MATCHING_SUBSCRIBERS = 16;

export function mqttBroker(options: MqttBrokerOptions): BrokerProtocol {
  return { kind: 'mqtt', connect: () => connect(options), judge };
}

async function connect(options: MqttBrokerOptions): Promise<BrokerLink> {
  const { url, qos, isEncrypted, authorityFile, user, password, jwt } = options;
  const given = new URL(url.reveal());
  if (isEncrypted && given.protocol === 'mqtt:') given.protocol = 'mqtts:';
  const secret = (jwt ?? password)?.reveal();
  const client = mqtt.connect(given.href, {
    protocolVersion: 5,
    clean: true,
    reconnectPeriod: 0, // one connection for each life
    connectTimeout: 5_000,
    keepalive: 20,
    queueQoSZero: false,
    ...(user !== undefined ? { username: user } : jwt !== undefined && { username: 'garrison' }),
    ...(secret !== undefined && { password: secret }),
    ...(authorityFile !== undefined && { ca: readFileSync(authorityFile) }),
  });
  const lost = new Promise<never>((_, reject) => {
    client.on('error', reject);
    client.on('disconnect', ({ reasonCode }) =>
      reject(new Error(`the broker has ended the connection: ${reasonCode}`)),
    );
    client.on('close', () => reject(new Error('the connection has ended')));
  });
  lost.catch(() => {}); // whoever holds the link is told
  try {
    const hello = await Promise.race([connected(client), lost]);
    const unheard = watchUnheard(client);
    return {
      window: Math.min(MOST, hello.properties?.receiveMaximum ?? MOST),
      lost,
      publish: (message) => send(client, message, qos, unheard),
      close: () => client.endAsync(true),
    };
  } catch (error) {
    client.end(true);
    throw error;
  }
}

function connected(client: MqttClient): Promise<IConnackPacket> {
  return new Promise((resolve) => client.once('connect', resolve));
}

/** Ids of messages that the broker has taken and nobody wants. */
function watchUnheard(client: MqttClient): Set<number> {
  const unheard = new Set<number>();
  client.on('packetreceive', (packet: Packet) => {
    if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec') return;
    if (packet.reasonCode === NO_MATCHING_SUBSCRIBERS && packet.messageId !== undefined) unheard.add(packet.messageId);
  });
  return unheard;
}

async function send(
  client: MqttClient,
  message: BrokerMessage,
  qos: 0 | 1 | 2,
  unheard: Set<number>,
): Promise<Published> {
  const { type, id, tenant, coreName: corename, body } = message;
  const properties = {
    contentType: 'application/cloudevents+json',
    payloadFormatIndicator: true,
    userProperties: { id, type, tenant, corename },
  };
  const packet = await client.publishAsync(type.replaceAll('.', '/'), body, { qos, properties });
  if (qos === 0) return delivered('handed_over');
  return packet?.messageId !== undefined && unheard.delete(packet.messageId)
    ? delivered('nobody_listening')
    : delivered('accepted');
}

function judge(error: Error): Published | undefined {
  const { code, message } = error as Error & { code?: number | string };
  if (code === 135 || /not authorized/i.test(message)) return linkFailed('not_authorized', message);
  if (code === 151 || /quota exceeded/i.test(message)) return linkFailed('no_room', message);
  if (code === 149 || /packet too large/i.test(message)) return refused('too_large', message);
  if (code === 153 || /payload format/i.test(message)) return refused('not_accepted', message);
  return undefined;
}
