import { isIP } from 'node:net';

/** Where NATS is, and who we are there, as its URLs say it. */
export interface NatsServers {
  /** `host:port` */
  readonly addresses: readonly string[];
  /** The scheme is `tls`: a server that does not encrypt is refused. */
  readonly isEncrypted: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/**
 * One URL or several separated by commas: `nats://host:4222`, `tls://user:password@host`, `nats://token@host`.
 *
 * @returns what is wrong, as a text, when they cannot be used
 */
export function readNatsServers(text: string): NatsServers | string {
  const urls = text.split(',').map((one) => URL.parse(one.trim()));
  const [first] = urls;
  if (first === null || first === undefined || urls.some((url) => url === null || !/^(nats|tls):$/.test(url.protocol)))
    return 'it is no nats:// or tls:// URL';
  const all = urls.filter((url) => url !== null);
  if (all.some((url) => url.protocol !== first.protocol)) return 'it mixes nats:// and tls://';
  if (all.some((url) => url.hostname === '')) return 'a URL names no host';
  const isEncrypted = first.protocol === 'tls:';
  if (isEncrypted && all.some((url) => isIP(bare(url.hostname)) !== 0))
    return 'tls:// needs the name that is in the certificate of the server, not its IP address';
  return {
    addresses: all.map((url) => `${url.hostname}:${url.port || 4222}`),
    isEncrypted,
    ...identity(first),
  };
}

function identity({ username, password }: URL): Pick<NatsServers, 'user' | 'password' | 'token'> {
  if (username === '') return {};
  const name = decodeURIComponent(username);
  return password === '' ? { token: name } : { user: name, password: decodeURIComponent(password) };
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
