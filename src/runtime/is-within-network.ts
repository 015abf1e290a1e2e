import { BlockList, isIP } from 'node:net';

/** Whether an address is in a network such as `10.0.0.0/8` or `fd00::/8`; a name never is, nor an address of the other family. */
export function isWithinNetwork(network: string, address: string): boolean {
  const family = isIP(address);
  const [base = '', bits] = network.split('/');
  if (family === 0 || isIP(base) !== family) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
