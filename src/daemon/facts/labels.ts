import { existsSync, readFileSync } from 'node:fs';
import { DaemonError } from '../daemon-error.ts';

const KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;

/**
 * The labels of a host: `key=value` per line in the state directory's file, then those of the command line, which win.
 * @throws DaemonError `configuration_invalid`
 */
export function readLabels(file: string, options: readonly string[]): Record<string, string> {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const written = lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries([...written, ...options].map(parseLabel));
}

export function parseLabel(text: string): [string, string] {
  const at = text.indexOf('=');
  const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at > 0 && KEY.test(key) && value.length <= 255 && !/\p{Cc}/u.test(value)) return [key, value];
  throw new DaemonError(
    'configuration_invalid',
    `the label ${JSON.stringify(text)} cannot be used; write key=value, the key of letters, digits, dots, dashes and slashes, at most 63 of them`,
  );
}
