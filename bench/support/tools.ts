import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where a program that others made is: on the PATH, in /usr/sbin, or in `GARRISON_BENCH_TOOLS`, below which packages were
 * unpacked (`dpkg -x PACKAGE.deb DIR`). Undefined: what is measured with it is left out, by name.
 */
export function findTool(name: string): string | undefined {
  const unpacked = process.env.GARRISON_BENCH_TOOLS;
  const places = [
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    ...(unpacked === undefined ? [] : [join(unpacked, 'usr/bin'), join(unpacked, 'usr/sbin')]),
  ];
  return places.map((place) => join(place, name)).find((file) => existsSync(file));
}
