import { ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { openTunnel, type ProxyAddress } from './http-proxy.ts';

type CreateConnector = ChannelCredentials['_createSecureConnector'];
type Connector = ReturnType<CreateConnector>;

/**
 * Credentials for a channel whose target is a proxy: each connection asks for the way to the controller first, and TLS is
 * with the controller. grpc-js knows proxies itself, but reads the environment of the process in its own way, and does not
 * say why a proxy refused.
 */
export class ProxiedCredentials extends ChannelCredentials {
  readonly #inner: ChannelCredentials;
  readonly #proxy: ProxyAddress;
  readonly #endpoint: string;

  constructor(inner: ChannelCredentials, proxy: ProxyAddress, endpoint: string) {
    super();
    this.#inner = inner;
    this.#proxy = proxy;
    this.#endpoint = endpoint;
  }

  override compose(): ChannelCredentials {
    throw new Error('credentials of calls are not used here');
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return other === this;
  }

  override _createSecureConnector(...[target, options, calls]: Parameters<CreateConnector>): Connector {
    const named: ChannelOptions = { ...options, 'grpc.http_connect_target': `dns:${this.#endpoint}` }; // who TLS is with
    const inner = this.#inner._createSecureConnector(target, named, calls);
    return {
      connect: async (socket) => {
        await openTunnel(socket, this.#proxy, this.#endpoint);
        return inner.connect(socket);
      },
      waitForReady: () => inner.waitForReady(),
      getCallCredentials: () => inner.getCallCredentials(),
      destroy: () => inner.destroy(),
    };
  }
}
