import { BlockList, isIP, isIPv4 } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { Secret } from '#core/kernel/secret.ts';
import { hostPort, parseHost, parseHostPort } from '#runtime/host-port.ts';
import { trimEndOf } from '#runtime/trim-end.ts';

/** How one setting's value is read, wherever it comes from: text from flags and environment, anything from YAML. */
export interface Kind<T> {
  /** For people: `port`, `duration`. */
  readonly name: string;
  /** What a good value looks like; completes "give …". */
  readonly shape: string;
  /** Undefined when `raw` is not of this kind. */
  parse(raw: unknown, base: string): T | undefined;
  /** How a value is written. */
  print(value: T): string;
  /** What exactly is wrong with a value that was not understood, where `shape` is too general. */
  explain?(raw: unknown): string | undefined;
  /** Values are never shown, not even wrong ones. */
  readonly isSecret?: boolean;
}

export const text = (shape = 'a text', pattern = /\S/): Kind<string> => ({
  name: 'text',
  shape,
  parse: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw.trim() : undefined),
  print: (value) => value,
});

export const secret = (shape = 'a text', pattern = /\S/): Kind<Secret> => ({
  name: 'secret',
  shape,
  parse: (raw) => (typeof raw === 'string' && pattern.test(raw) ? new Secret(raw.trim()) : undefined),
  print: (value) => String(value),
  isSecret: true,
});

export const choice = <const T extends string>(...values: readonly T[]): Kind<T> => ({
  name: 'choice',
  shape: `one of ${values.join(', ')}`,
  parse: (raw) => values.find((value) => value === raw),
  print: (value) => value,
});

export const yesOrNo: Kind<boolean> = {
  name: 'yes or no',
  shape: 'true or false',
  parse: (raw) => (raw === true || raw === 'true' ? true : raw === false || raw === 'false' ? false : undefined),
  print: String,
};

export const wholeNumber = (smallest: number, largest: number, name = 'number'): Kind<number> => ({
  name,
  shape: `a whole number from ${smallest} to ${largest}`,
  parse: (raw) => {
    const value = typeof raw === 'string' && /^-?\d+$/.test(raw.trim()) ? Number(raw) : raw;
    const isGood = typeof value === 'number' && Number.isInteger(value) && value >= smallest && value <= largest;
    return isGood ? value : undefined;
  },
  print: String,
});

/** 0 picks a free one. */
export const port: Kind<number> = wholeNumber(0, 65_535, 'port');

/** Absolute; a relative one starts where it was written: the working directory, or the configuration file's. */
export const path: Kind<string> = {
  name: 'path',
  shape: 'a path',
  parse: (raw, base) =>
    typeof raw === 'string' && raw.trim() !== '' ? (isAbsolute(raw) ? resolve(raw) : resolve(base, raw)) : undefined,
  print: (value) => value,
};

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds, written with a unit. */
export const duration = (smallestMs: number, largestMs: number): Kind<number> => ({
  name: 'duration',
  shape: `a number with its unit (ms, s, m, h, d), from ${printDuration(smallestMs)} to ${printDuration(largestMs)}`,
  parse: (raw) => {
    const value = withUnit(raw, /^(\d+)(ms|s|m|h|d)$/, durationUnits);
    return value !== undefined && value >= smallestMs && value <= largestMs ? value : undefined;
  },
  print: printDuration,
});

function printDuration(ms: number): string {
  const [unit = 'ms', size = 1] = Object.entries(durationUnits).findLast(([, each]) => ms % each === 0) ?? [];
  return ms === 0 ? '0s' : `${ms / size}${unit}`;
}

const byteUnits = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Bytes, written with a unit. */
export const size = (smallest: number, largest: number): Kind<number> => ({
  name: 'size',
  shape: `a number with its unit (B, KiB, MiB, GiB), from ${printSize(smallest)} to ${printSize(largest)}`,
  parse: (raw) => {
    const value = withUnit(raw, /^(\d+)(B|KiB|MiB|GiB)$/, byteUnits);
    return value !== undefined && value >= smallest && value <= largest ? value : undefined;
  },
  print: printSize,
});

function printSize(bytes: number): string {
  const [unit = 'B', each = 1] = Object.entries(byteUnits).findLast(([, size]) => bytes % size === 0) ?? [];
  return bytes === 0 ? '0B' : `${bytes / each}${unit}`;
}

function withUnit(raw: unknown, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit = ''] = (typeof raw === 'string' && pattern.exec(raw.trim().replace(' ', ''))) || [];
  const size = units[unit];
  return amount === undefined || size === undefined ? undefined : Number(amount) * size;
}

/** Separated by commas in flags and environment, a list in YAML. */
export const listOf = <T>(kind: Kind<T>): Kind<readonly T[]> => ({
  name: `list of ${kind.name}`,
  shape: `a list, separated by commas, each ${kind.shape}`,
  parse: (raw, base) => {
    const items = Array.isArray(raw)
      ? raw
      : typeof raw === 'string'
        ? raw.split(',').filter((item) => item.trim())
        : undefined;
    const values = items?.map((item) => kind.parse(typeof item === 'string' ? item.trim() : item, base));
    return values?.every((value) => value !== undefined) ? values : undefined;
  },
  print: (values) => values.map((value) => kind.print(value)).join(','),
});

/** `10.1.2.0/24`: an IPv4 network whose host bits are zero. */
export const ipv4Range: Kind<string> = {
  name: 'IPv4 range',
  shape: 'an IPv4 network such as 10.20.0.0/16, with zeros behind the prefix',
  parse: (raw) => {
    const [, address = '', prefix] = (typeof raw === 'string' && /^([\d.]+)\/(\d{1,2})$/.exec(raw.trim())) || [];
    if (!isIPv4(address) || Number(prefix) > 32) return undefined;
    const bits = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return bits % 2 ** (32 - Number(prefix)) === 0 ? `${address}/${prefix}` : undefined;
  },
  print: (value) => value,
};

/** One address or a network, of either family. */
export const addressOrRange: Kind<string> = {
  name: 'address',
  shape: 'an IP address such as 10.0.0.7 or a network such as 10.0.0.0/8 or fd00::/8',
  parse: (raw) => {
    const [written, prefix] = typeof raw === 'string' ? raw.split('/') : [];
    const address = parseHost(written ?? '') ?? '';
    const family = isIP(address);
    if (family === 0) return undefined;
    try {
      if (prefix === undefined) return address;
      new BlockList().addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
      return `${address}/${prefix.trim()}`;
    } catch {
      return undefined;
    }
  },
  print: (value) => value,
};

/** Where a listener binds, or a name others reach it by. */
export const host: Kind<string> = {
  name: 'text',
  shape: 'a host name or an IP address',
  parse: (raw) => (typeof raw === 'string' ? parseHost(raw) : undefined),
  print: (value) => value,
};

/** `fleet.example.net:7071` */
export const endpoint: Kind<string> = {
  name: 'endpoint',
  shape: 'host:port, such as fleet.example.net:7071 or [2001:db8::7]:7071',
  parse: (raw) => {
    const read = typeof raw === 'string' ? parseHostPort(raw) : undefined;
    return read && hostPort(read.host, read.port);
  },
  print: (value) => value,
};

export const url: Kind<string> = {
  name: 'URL',
  shape: 'an http or https URL',
  parse: (raw) => {
    const read = typeof raw === 'string' ? URL.parse(raw.trim()) : null;
    return read !== null && /^https?:$/.test(read.protocol) ? trimEndOf(read.href, '/') : undefined;
  },
  print: (value) => value,
};

/** A value that only YAML can hold, checked by a function. */
export const yaml = <T>(kind: Pick<Kind<T>, 'name' | 'shape' | 'parse' | 'explain'>): Kind<T> => ({
  ...kind,
  print: (value) => JSON.stringify(value),
});

/** Above 0, not only whole. */
export const positiveNumber: Kind<number> = {
  name: 'number',
  shape: 'a number above 0',
  parse: (raw) => {
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
  },
  print: String,
};

/** As a duration or size is written, or a number above 0 of `unit`, as flags have it. */
export const withPlainUnit = (unit: 's' | 'MiB'): Kind<number> => {
  const written = unit === 's' ? duration(1, Number.MAX_SAFE_INTEGER) : size(1, Number.MAX_SAFE_INTEGER);
  const each = unit === 's' ? durationUnits.s : byteUnits.MiB;
  return {
    name: unit === 's' ? 'duration' : 'size',
    shape: `a number above 0 of ${unit}, or one with its unit`,
    parse: (raw, base) => {
      const plain = positiveNumber.parse(raw, base);
      return plain === undefined ? written.parse(raw, base) : plain * each;
    },
    print: written.print,
  };
};
