import { readFileSync } from 'node:fs';

/** Of the package. */
export const VERSION: string = readVersion();

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }; // ours
  return version;
}
