import { readFileSync } from 'node:fs';

/** Of the package this program is part of. */
export const daemonVersion: string = versionOf(new URL('../../../package.json', import.meta.url));

function versionOf(file: URL): string {
  const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const isPackage = typeof content === 'object' && content !== null && 'version' in content;
  return isPackage ? String(content.version) : '0.0.0';
}
