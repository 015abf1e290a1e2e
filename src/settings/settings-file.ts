/** `garrison.yaml`. Apart from `read-settings.ts`, because the parser is slow to load and most daemons have no file. */
import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { refuse, type SettingsFile } from './read-settings.ts';

/** @throws FleetError `invalid` when it cannot be read, or is no list of settings */
export function readSettingsFile(path: string): SettingsFile {
  const document = parseDocument(readText(path));
  if (document.errors.length > 0) refuse(document.errors.map((error) => `${path}: ${error.message}`));
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    refuse([`${path}: this is not a list of settings; write one "name: value" per line`]);
  }
  return { path, values: content as Record<string, unknown> }; // an object, checked above
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new FleetError('invalid', `the configuration file ${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}
