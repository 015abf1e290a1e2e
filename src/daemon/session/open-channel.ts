import { createSecureContext, type SecureContext } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { NodeServiceClient } from '#protocol/gen/garrison/node/v1/node.ts';
import type { Identity } from '../identity/identity.ts';
import { type ProxyAddress, proxyNameOf } from './http-proxy.ts';
import { ProxiedCredentials } from './proxied-credentials.ts';
import { tlsTarget } from './tls-target.ts';

const contexts = new WeakMap<Identity, SecureContext>();

/** Reading keys and certificates costs milliseconds, so it is done once per identity and not once per attempt. */
export function secureContextOf(identity: Identity): SecureContext {
  let context = contexts.get(identity);
  if (context === undefined) {
    context = createSecureContext({
      ca: identity.caBundle,
      cert: identity.certificateChain,
      key: identity.privateKey,
      minVersion: 'TLSv1.2',
    });
    contexts.set(identity, context);
  }
  return context;
}

/** What a controller may send before it is read: an order is not cut into pieces of 64 KiB with a round trip between them. */
const MOST_BYTES_AHEAD = 4 * 1024 * 1024;

/** One connection of its own: the pool of grpc-js would join those of several nodes in one process. */
const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': 8 * 1024 * 1024,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc-node.flow_control_window': MOST_BYTES_AHEAD,
};

export interface Keepalive {
  /** A peer that says nothing for so long is asked whether it is there. */
  readonly timeMs: number;
  /** And is taken for dead when it does not answer for so long. */
  readonly timeoutMs: number;
}

/** How a channel leads to a controller. */
export interface ChannelWay {
  /** host:port of a node listener. */
  readonly endpoint: string;
  readonly proxy: ProxyAddress | undefined;
}

export function openChannel(identity: Identity, way: ChannelWay, keepalive: Keepalive): NodeServiceClient {
  const { verifyOptions } = tlsTarget(way.endpoint);
  return newClient(credentials.createFromSecureContext(secureContextOf(identity), verifyOptions), way, {
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
  });
}

/** TLS is with the endpoint, whatever the way. */
export function newClient(
  channelCredentials: ChannelCredentials,
  { endpoint, proxy }: ChannelWay,
  options: ChannelOptions = {},
): NodeServiceClient {
  const all = { ...CHANNEL_OPTIONS, ...tlsTarget(endpoint).channelOptions, ...options };
  if (proxy === undefined) return new NodeServiceClient(endpoint, channelCredentials, all);
  return new NodeServiceClient(proxyNameOf(proxy), new ProxiedCredentials(channelCredentials, proxy, endpoint), {
    ...all,
    'grpc.default_authority': endpoint,
  });
}
