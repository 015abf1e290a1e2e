import type { HostPort } from '#runtime/host-port.ts';

/** `host:port` as clients write it, with brackets around IPv6 addresses. @returns undefined for anything else */
export function readHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%\w]{2,64})\]|([^\s:/?#@[\]]{1,253})):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}
