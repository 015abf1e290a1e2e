/**
 * The way out of networks that let nobody out but through a proxy: `HTTPS_PROXY` and `NO_PROXY`, as curl reads them. The proxy
 * is asked by CONNECT for a way to the controller, and TLS goes through it from end to end. It learns the name of the
 * controller and nothing else; one that opens TLS is found by the certificate it presents.
 *
 * This machine is never looked for behind a proxy.
 */
import { request } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import { hostPort, parseHost } from '#runtime/host-port.ts';
import { DaemonError } from '../daemon-error.ts';
import { splitEndpoint } from './endpoint.ts';

export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
  /** The header, where there are credentials. */
  readonly authorization?: string;
}

/** Through which proxy the way to an endpoint leads, if through any. */
export type ProxyFor = (endpoint: string) => ProxyAddress | undefined;

export const noProxy: ProxyFor = () => undefined;

const TUNNEL_WITHIN_MS = 15_000;

/** @throws DaemonError `configuration_invalid` */
export function proxiesOf(env: Readonly<Record<string, string | undefined>>): ProxyFor {
  const url = env.https_proxy ?? env.HTTPS_PROXY ?? '';
  if (url.trim() === '') return noProxy;
  const proxy = readProxy(url.trim());
  const isDirect = readExceptions(env.no_proxy ?? env.NO_PROXY ?? '');
  return (endpoint) => {
    const { host, port } = splitEndpoint(endpoint);
    return isThisMachine(host) || isDirect(host, port) ? undefined : proxy;
  };
}

/** For people and logs. */
export function proxyNameOf({ host, port }: ProxyAddress): string {
  return hostPort(host, port);
}

/** Whether TLS was refused because the certificate is not the controller's. */
export function isUntrusted(message: string): boolean {
  return /certificate|altnames|self.signed/i.test(message);
}

/** What to say where a certificate is not the controller's and a proxy is on the way. */
export function suspectProxy(proxy: ProxyAddress | undefined, endpoint: string): string {
  if (proxy === undefined) return '';
  return `; the proxy ${proxyNameOf(proxy)} is on the way: if it opens TLS, have it let connections to ${endpoint} through unopened`;
}

/** Asks for the way to `endpoint` on a fresh connection to the proxy, which then leads there. */
export function openTunnel(socket: Socket, proxy: ProxyAddress, endpoint: string): Promise<void> {
  const { authorization } = proxy;
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      method: 'CONNECT',
      path: endpoint,
      headers: { host: endpoint, ...(authorization !== undefined && { 'proxy-authorization': authorization }) },
    });
    const fail = (problem: string) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`the proxy ${proxyNameOf(proxy)} ${problem}`));
    };
    const timer = setTimeout(() => fail(`did not answer within ${TUNNEL_WITHIN_MS} ms`), TUNNEL_WITHIN_MS);
    asked.once('error', (error) => fail(`hung up: ${error.message}`));
    asked.once('connect', ({ statusCode = 0, statusMessage = '' }, _, head) => {
      if (statusCode < 200 || statusCode > 299) return fail(refusal(statusCode, statusMessage, { proxy, endpoint }));
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    asked.end();
  });
}

function refusal(
  status: number,
  statusMessage: string,
  { proxy, endpoint }: { readonly proxy: ProxyAddress; readonly endpoint: string },
): string {
  if (status !== 407) return `does not lead to ${endpoint}: ${status} ${statusMessage}`;
  return proxy.authorization === undefined
    ? 'wants credentials: HTTPS_PROXY=http://user:password@host:port'
    : 'does not take the credentials of HTTPS_PROXY';
}

/** The message never shows what is in the value: it may be a password. */
function readProxy(text: string): ProxyAddress {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || url.hostname === '')
    throw new DaemonError('configuration_invalid', 'HTTPS_PROXY is not the URL of a proxy, http://host:port');
  if (url.protocol !== 'http:') {
    throw new DaemonError(
      'configuration_invalid',
      `HTTPS_PROXY names a proxy that is spoken to by ${url.protocol}//; a node speaks to proxies by http:// only`,
    );
  }
  return {
    host: parseHost(url.hostname) ?? url.hostname,
    port: url.port === '' ? 80 : Number(url.port),
    ...(url.username !== '' && { authorization: basic(url) }),
  };
}

function basic({ username, password }: URL): string {
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credentials).toString('base64')}`;
  } catch {
    throw new DaemonError('configuration_invalid', 'HTTPS_PROXY has a % that has to be written as %25');
  }
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isIn(LOOPBACK, host);
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** `*`, names with everything below them, addresses, networks, each with a port or without. */
function readExceptions(text: string): (host: string, port: number) => boolean {
  const networks = new BlockList();
  const names: { readonly name: string; readonly port: number | undefined }[] = [];
  for (const entry of text.toLowerCase().split(/[\s,]+/)) {
    if (entry === '') continue;
    if (!addNetwork(networks, entry)) names.push(readName(entry));
  }
  return (host, port) =>
    isIn(networks, host) ||
    names.some((one) => (one.port === undefined || one.port === port) && covers(one.name, host.toLowerCase()));
}

function addNetwork(networks: BlockList, entry: string): boolean {
  const [address = '', bits] = entry.replace(/^\[|\]$/g, '').split('/');
  const family = isIP(address);
  if (family === 0) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
  if (Number.isInteger(prefix) && prefix >= 0 && prefix <= (family === 4 ? 32 : 128))
    networks.addSubnet(address, prefix, type);
  return true;
}

function readName(entry: string): { readonly name: string; readonly port: number | undefined } {
  const [, name = entry, port] = /^(.*):(\d+)$/.exec(entry) ?? [];
  return { name: parseHost(name) ?? name.replace(/^\*?\./, ''), port: port === undefined ? undefined : Number(port) };
}

function covers(name: string, host: string): boolean {
  return name === '*' || host === name || host.endsWith(`.${name}`);
}
