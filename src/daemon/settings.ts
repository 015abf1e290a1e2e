import { choice, listOf, path, positiveNumber, secret, text, url, withPlainUnit, yesOrNo } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';
import { LEVELS } from './log-to-stderr.ts';
import { defaultStateDir } from './state-dir/state-dir.ts';

const section = 'The node itself';

/** Everything that can be set for a daemon. */
export const daemonSettings = {
  stateDir: {
    section,
    kind: path,
    env: ['GARRISON_STATE_DIR'],
    flag: 'state-dir',
    default: defaultStateDir,
    defaultText: '`/var/lib/garrison-node` for root, else `~/.local/state/garrison-node`',
    isOutsideFile: true,
    description: 'Its key and certificate, the journal, and output that is not confirmed; mode 0700.',
  },
  logLevel: {
    section,
    kind: choice(...LEVELS),
    env: ['GARRISON_LOG_LEVEL'],
    default: 'info',
    description: 'The least important line that is still written.',
  },
  enrollmentKey: {
    section,
    kind: secret('an enrolment key or token'),
    env: ['ENROLLMENT_KEY'],
    defaultText: 'the host must have joined',
    description: 'With this, a host that has not joined does so at its start.',
  },
  name: {
    section,
    kind: text(),
    env: [],
    flag: 'name',
    defaultText: 'what the key says, else the host name',
    description: 'What the node is called, where it joins at this start.',
  },
  labels: {
    section,
    kind: listOf(text('key=value')),
    env: [],
    flag: 'label',
    defaultText: 'those of the file `labels` in the state directory',
    description: 'Labels of this host, `key=value` each, beside those of that file.',
  },
  programs: {
    section,
    kind: listOf(text()),
    env: [],
    flag: 'tool',
    defaultText: 'the well-known ones',
    description: 'Further programs that selectors look for.',
  },
  endpoints: {
    section,
    kind: listOf(text('host:port')),
    env: [],
    flag: 'endpoint',
    defaultText: 'those in the key or bundle',
    description: 'Controllers, `host:port` each.',
  },
  policyFile: {
    section,
    kind: path,
    env: [],
    flag: 'policy',
    defaultText: '`policy.yaml` in the state directory, where there is one',
    description: 'What this host allows.',
  },
  closedPaths: {
    section,
    kind: listOf(path),
    env: [],
    flag: 'closed-path',
    defaultText: 'what is the daemon’s own',
    description: 'Further files and directories that file tools never enter.',
  },
  concurrency: {
    section,
    kind: positiveNumber,
    env: [],
    flag: 'concurrency',
    defaultText: '8',
    description: 'Commands at the same time, until a controller says otherwise.',
  },
  spoolBytes: {
    section,
    kind: withPlainUnit('MiB'),
    env: [],
    flag: 'spool-mb',
    defaultText: '`256MiB`',
    description: 'Disk for output that is not confirmed. The flag takes a number of MiB.',
  },
  stopGraceMs: {
    section,
    kind: withPlainUnit('s'),
    env: [],
    flag: 'stop-grace',
    defaultText: '`5s`',
    description: 'How long commands may go on when the node is stopped. The flag takes a number of seconds.',
  },
  selfUpdateEnabled: {
    section,
    kind: yesOrNo,
    env: ['SELF_UPDATE_ENABLED'],
    default: false,
    description: 'A controller may bring this daemon to another release, if it is signed.',
  },
  bundle: {
    section,
    kind: path,
    env: [],
    flag: 'bundle',
    defaultText: 'none: the node joins by a key',
    description: 'Directory of the bundle of an outpost, to run as that outpost.',
  },
  api: {
    section,
    kind: url,
    env: [],
    flag: 'api',
    defaultText: 'the one in the bundle',
    description: 'Base URL of the API over TLS, for an outpost.',
  },
} as const satisfies Settings;
