import { lstatSync, readlinkSync } from 'node:fs';
import type { Rlimits, SandboxSpec } from './sandbox-spec.ts';

/** What programs need of /etc and may see; what is missing on a host is left out. */
const OF_ETC = [
  'ssl',
  'pki',
  'ca-certificates',
  'alternatives',
  'ld.so.cache',
  'nsswitch.conf',
  'localtime',
  'mime.types',
];
const OF_ETC_WITH_NETWORK = ['resolv.conf', 'hosts', 'services', 'protocols'];

/** They take memory. */
const TMP_BYTES = 1024 ** 3;
const SMALL_BYTES = 16 * 1024 ** 2;

/**
 * The profile: namespaces of its own for everything, no capabilities, the system read-only, nothing else of the host but
 * what the spec names, and a /tmp of its own. Options for bwrap, without the command.
 */
export function bubblewrapOptions(spec: SandboxSpec): string[] {
  const { readOnly, writable, sharesNetwork, env, cwd } = spec;
  return [
    ...['--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(sharesNetwork ? [] : ['--unshare-net']),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'agent', '--clearenv'],
    ...['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib32', 'lib64'].flatMap(systemDirectory),
    ...[...OF_ETC, ...(sharesNetwork ? OF_ETC_WITH_NETWORK : [])].flatMap((name) => [
      ...['--ro-bind-try', `/etc/${name}`, `/etc/${name}`],
    ]),
    ...[
      '--proc',
      '/proc',
      '--dev',
      '/dev',
      '--size',
      String(TMP_BYTES),
      '--tmpfs',
      '/dev/shm',
      '--perms',
      '0755',
      '--size',
      String(SMALL_BYTES),
      '--tmpfs',
      '/run',
    ],
    ...[
      '--perms',
      '1777',
      '--size',
      String(TMP_BYTES),
      '--tmpfs',
      '/tmp',
      '--perms',
      '0755',
      '--size',
      String(SMALL_BYTES),
      '--tmpfs',
      '/var',
      '--symlink',
      '../tmp',
      '/var/tmp',
    ],
    ...readOnly.flatMap(({ outside, inside }) => ['--ro-bind', outside, inside]),
    ...writable.flatMap(({ outside, inside }) => ['--bind', outside, inside]),
    ...Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--remount-ro', '/', '--chdir', cwd],
  ];
}

/** A link into /usr on most systems, a directory of its own on the others. */
function systemDirectory(name: string): string[] {
  const path = `/${name}`;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return [];
  return stats.isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path];
}

/** Inside, so that what is limited is counted there and nowhere else. */
export function withRlimits({ processes, fileBytes, openFiles }: Rlimits, command: readonly string[]): string[] {
  return [
    ...['/usr/bin/prlimit', '--core=0'],
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    ...(fileBytes === undefined ? [] : [`--fsize=${fileBytes}`]),
    ...(openFiles === undefined ? [] : [`--nofile=${openFiles}`]),
    ...['--', ...command],
  ];
}
