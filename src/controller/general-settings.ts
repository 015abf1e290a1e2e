import { hostname } from 'node:os';
import { choice, path, text } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';
import { defaultDataDir } from './default-data-dir.ts';

/** What a controller is called, where it keeps its files, and what it logs. */
export const generalSettings = {
  dataDir: {
    section: 'General',
    kind: path,
    env: ['GARRISON_DATA_DIR'],
    flag: 'data-dir',
    default: defaultDataDir,
    defaultText: '`/var/lib/garrison` for root, else `~/.local/share/garrison`',
    description:
      'Keys, certificates, artifacts and the embedded database. Belongs to one controller at a time; mode 0700.',
  },
  controllerName: {
    section: 'General',
    kind: text('letters, digits, dots and dashes, at most 63', /^[a-zA-Z0-9][a-zA-Z0-9.-]{0,62}$/),
    env: ['GARRISON_CONTROLLER_NAME'],
    default: () =>
      hostname()
        .replace(/[^a-zA-Z0-9.-]/g, '-')
        .slice(0, 63),
    defaultText: 'the host name',
    description: 'What this controller is called among those that share a database.',
  },
  logLevel: {
    section: 'General',
    kind: choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    env: ['GARRISON_LOG_LEVEL'],
    flag: 'log-level',
    default: 'info',
    description: 'The least important line that is still written.',
  },
} as const satisfies Settings;
