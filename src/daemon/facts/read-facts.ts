import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { TOOL_NAMES } from '#protocol/tools/tools.ts';
import { ownPackage } from '#runtime/own-package.ts';
import { refusalOfTool } from '../policy/decide.ts';
import type { Policy } from '../policy/policy.ts';
import type { HostFacts } from './host-facts.ts';
import { parseMounts } from './mount-table.ts';
import { programsIn } from './programs-in.ts';

/** Programs that selectors look for. Others can be named by `--tool`. */
const WELL_KNOWN_PROGRAMS = [
  ...['apk', 'apt-get', 'dnf', 'pacman', 'yum', 'zypper', 'brew', 'snap', 'flatpak', 'nix'],
  ...[
    'bash',
    'zsh',
    'fish',
    'sh',
    'awk',
    'sed',
    'jq',
    'yq',
    'rsync',
    'ssh',
    'scp',
    'tmux',
    'tar',
    'gzip',
    'zstd',
    'unzip',
  ],
  ...[
    'curl',
    'wget',
    'openssl',
    'gpg',
    'dig',
    'ip',
    'iptables',
    'nft',
    'wg',
    'ethtool',
    'tcpdump',
    'traceroute',
    'ping',
  ],
  ...['systemctl', 'journalctl', 'crontab', 'logrotate', 'sudo', 'supervisorctl', 'service'],
  ...[
    'docker',
    'podman',
    'containerd',
    'ctr',
    'nerdctl',
    'kubectl',
    'helm',
    'k3s',
    'lxc',
    'virsh',
    'qemu-system-x86_64',
  ],
  ...[
    'git',
    'make',
    'cmake',
    'gcc',
    'clang',
    'go',
    'cargo',
    'rustc',
    'java',
    'mvn',
    'gradle',
    'python3',
    'pip',
    'uv',
    'perl',
    'ruby',
    'php',
  ],
  ...[
    'node',
    'npm',
    'pnpm',
    'bun',
    'deno',
    'psql',
    'mysql',
    'sqlite3',
    'redis-cli',
    'mongosh',
    'nginx',
    'apache2',
    'caddy',
    'haproxy',
  ],
  ...[
    'ansible',
    'terraform',
    'tofu',
    'packer',
    'vault',
    'consul',
    'nomad',
    'aws',
    'gcloud',
    'az',
    'nvidia-smi',
    'ffmpeg',
  ],
  ...['claude', 'codex', 'gemini', 'aider', 'grok', 'bwrap', 'zfs', 'btrfs', 'smartctl', 'restic', 'borg'],
];

/** File systems that are no place to keep things. */
const PSEUDO_FILE_SYSTEMS =
  /^(proc|sysfs|tmpfs|devtmpfs|devpts|cgroup2?|securityfs|pstore|bpf|tracefs|debugfs|mqueue|hugetlbfs|configfs|fusectl|autofs|binfmt_misc|rpc_pipefs|nsfs|ramfs|efivarfs|selinuxfs|squashfs|overlay)$/;

const MAX_MOUNTS = 64;

export interface FactsOptions {
  readonly labels: Readonly<Record<string, string>>;
  /** Programs to look for besides the well-known ones. */
  readonly programs: readonly string[];
  readonly policy: Policy;
  readonly path: string;
  /** Default false. */
  readonly isSelfUpdateEnabled?: boolean | undefined;
  /** Default: looked for here. */
  readonly programsIn?: ((directories: readonly string[], names: readonly string[]) => string[]) | undefined;
}

export function readFacts(options: FactsOptions): HostFacts {
  const { labels, programs, policy, path, isSelfUpdateEnabled = false, programsIn: find = programsIn } = options;
  return {
    os: platform(),
    arch: machineName(arch()),
    hostname: hostname(),
    daemonVersion: ownPackage.version,
    localTools: find(directoriesOn(path), [...new Set([...WELL_KNOWN_PROGRAMS, ...programs])].sort()),
    mounts: mountPoints(),
    labels: { ...labels },
    invocableTools: TOOL_NAMES.filter((tool) => refusalOfTool(policy, tool) === undefined),
    selfUpdateEnabled: isSelfUpdateEnabled,
    ports: undefined,
    kernel: release(),
    memoryBytes: totalmem(),
    cpuCount: cpus().length,
    bootedAt: bootTime(),
    agents: undefined,
    sshHostKeys: [],
    sshAccessDigest: Buffer.alloc(0),
  };
}

/** As uname has it. */
function machineName(architecture: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'i686', arm: 'armv7l' };
  return names[architecture] ?? architecture;
}

function directoriesOn(path: string): string[] {
  return [...new Set(path.split(':').filter((directory) => directory.startsWith('/')))];
}

function mountPoints(): string[] {
  const points = parseMounts(readIfThere('/proc/self/mounts'))
    .filter(({ point, type }) => point === '/' || !PSEUDO_FILE_SYSTEMS.test(type))
    .map(({ point }) => point);
  return [...new Set(points)].sort().slice(0, MAX_MOUNTS);
}

function bootTime(): Date | undefined {
  const seconds = /^btime (\d+)$/m.exec(readIfThere('/proc/stat'))?.[1];
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
