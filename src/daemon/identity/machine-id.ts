import { readFileSync } from 'node:fs';

export interface MachineId {
  readonly idType: 'persistent' | 'random';
  /** UUID of the machine; empty for `random`. */
  readonly machineId: string;
}

/** In order of trust. The first that says something usable counts. */
const SOURCES = [
  '/etc/machine-id',
  '/var/lib/dbus/machine-id',
  '/sys/class/dmi/id/product_uuid',
  '/sys/class/dmi/id/board_serial',
  '/sys/class/dmi/id/product_serial',
];

/** What makers write where a serial number should be. */
const PLACEHOLDER =
  /^(0+|f+|uninitialized|not specified|none|default string|to be filled by o\.e\.m\.|system serial number|unknown|n\/?a)$/i;

/**
 * A UUID that stays the same as long as the machine does, whatever is installed anew (seed 001: `id_type` persistent).
 * `random` when nobody can say one, or when `USE_RANDOM_ID=true` asks for it, as clones of one disk image should.
 */
export function readMachineId(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string | undefined = readIfThere,
): MachineId {
  if (env.USE_RANDOM_ID?.toLowerCase() === 'true') return { idType: 'random', machineId: '' };
  for (const source of SOURCES) {
    const machineId = uuidOf(readFile(source)?.trim() ?? '');
    if (machineId !== undefined) return { idType: 'persistent', machineId };
  }
  return { idType: 'random', machineId: '' };
}

/** The hexadecimal digits of `text`, the first 32, padded with zeros, as a UUID. */
function uuidOf(text: string): string | undefined {
  if (text.length < 8 || text.length > 128 || PLACEHOLDER.test(text)) return undefined;
  const digits = text
    .toLowerCase()
    .replace(/[^0-9a-f]/g, '')
    .slice(0, 32)
    .padEnd(32, '0');
  if (/^0+$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
