import { join } from 'node:path';
import { ownPackage } from '#runtime/own-package.ts';

export interface UnitOptions {
  /** What `garrison` is given, after the program. */
  readonly arguments: readonly string[];
  readonly stateDir?: string | undefined;
  readonly isConfined: boolean;
  readonly user?: string | undefined;
  /** Where a confined node's commands may write. */
  readonly writable: readonly string[];
  /** Default: the launcher of this package. */
  readonly program?: string;
}

const DEFAULT_STATE_DIR = '/var/lib/garrison-node';

/** The unit of systemd. Why it is hardened no further, and what `confined` adds: deploy/systemd/README.md. */
export function unitText(options: UnitOptions): string {
  const { stateDir = DEFAULT_STATE_DIR, user, isConfined, writable } = options;
  const program = options.program ?? join(ownPackage.root, 'bin', 'garrison');
  const command = [program, ...options.arguments].map(quote).join(' ');
  return `${[
    '[Unit]',
    'Description=Garrison node',
    'After=network-online.target',
    'Wants=network-online.target',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${command}`,
    ...(user === undefined ? [] : [`User=${user}`]),
    ...(stateDir === DEFAULT_STATE_DIR ? ['StateDirectory=garrison-node', 'StateDirectoryMode=0700'] : []),
    ...RUNNING,
    ...(isConfined ? confinement([stateDir, ...writable]) : []),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`;
}

const RUNNING = [
  '# A wrong command line (2) and a revoked node (3) do not get better by trying again. Where another daemon holds the state directory (4), this one follows it.',
  'Restart=always',
  'RestartSec=5',
  'RestartPreventExitStatus=2 3',
  '# The daemon ends its commands itself; what they have left running on purpose outlives it, as with sshd.',
  'KillMode=process',
  'TimeoutStopSec=30',
  '# A command that the kernel ends for its memory is a failed command, not a failed node.',
  'OOMPolicy=continue',
  'TasksMax=infinity',
  'LimitNOFILE=65536',
  '# No image of the memory that holds the key is written; commands may raise this limit.',
  'LimitCORE=0:infinity',
  'KeyringMode=private',
];

function confinement(writable: readonly string[]): string[] {
  return [
    'NoNewPrivileges=yes',
    'CapabilityBoundingSet=',
    'AmbientCapabilities=',
    'ProtectSystem=strict',
    'ProtectHome=read-only',
    `ReadWritePaths=${writable.map((path) => quote(`-${path}`)).join(' ')}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'UMask=0077',
  ];
}

/** systemd.service(5), "Command lines": double quotes, and `%` and `$` stand for themselves when doubled. */
function quote(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w./:@=,+%$-]+$/.test(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

export interface UnitArguments {
  readonly stateDir?: string | undefined;
  readonly name?: string | undefined;
  readonly label?: readonly string[] | undefined;
  readonly tool?: readonly string[] | undefined;
  readonly endpoint?: readonly string[] | undefined;
  readonly policy?: string | undefined;
  readonly closedPath?: readonly string[] | undefined;
  readonly concurrency?: number | undefined;
  readonly spoolMb?: number | undefined;
  readonly stopGrace?: number | undefined;
  readonly bundle?: string | undefined;
  readonly api?: string | undefined;
}

/** The command line of `garrison node run` that means the same as these options. */
export function runArguments(options: UnitArguments): string[] {
  const one = (flag: string, value: string | number | undefined) => (value === undefined ? [] : [flag, String(value)]);
  const each = (flag: string, values: readonly string[] = []) => values.flatMap((value) => [flag, value]);
  return [
    ...['node', 'run', '--state-dir', options.stateDir ?? DEFAULT_STATE_DIR],
    ...one('--name', options.name),
    ...each('--label', options.label),
    ...each('--tool', options.tool),
    ...each('--endpoint', options.endpoint),
    ...one('--policy', options.policy),
    ...each('--closed-path', options.closedPath),
    ...one('--concurrency', options.concurrency),
    ...one('--spool-mb', options.spoolMb),
    ...one('--stop-grace', options.stopGrace),
    ...one('--bundle', options.bundle),
    ...one('--api', options.api),
  ];
}
