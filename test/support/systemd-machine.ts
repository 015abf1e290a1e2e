import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownPackage } from '#runtime/own-package.ts';
import { until } from './installation.ts';

const SYSTEMD = '/lib/systemd/systemd';
const TARGETS = 'sysinit basic multi-user network network-online shutdown umount final rescue';

/**
 * A machine run by a real systemd: process 1 of namespaces of its own, in a control group of its own, with no units but
 * targets without content. It sees the files of this machine, and this checkout in /opt/garrison; it can write in /run,
 * /var/lib and /etc/systemd/system, which are empty and its own, and below /tmp.
 */
export class SystemdMachine {
  readonly #process: ChildProcess;
  readonly #group: string;
  #log = '';

  private constructor() {
    this.#group = mkdtempSync(join(groupsDirectory() ?? '', 'garrison-test-'));
    const namespaces = ['--pid', '--mount', '--uts', '--ipc', '--cgroup', '--mount-proc', '--fork', '--kill-child'];
    this.#process = spawn('sh', ['-c', ENTER_GROUP, 'sh', this.#group, ...namespaces, 'sh', '-c', BOOT], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (data) => {
        this.#log += data;
      });
    }
  }

  /** Why there can be none here; undefined where there can. */
  static whyNot(): string | undefined {
    if (!existsSync(SYSTEMD)) return 'systemd is not installed here';
    if (process.getuid?.() !== 0) return 'only root can start a systemd of its own';
    const groups = groupsDirectory();
    if (groups === undefined) return 'no control groups of version 2 are mounted here';
    try {
      rmdirSync(mkdtempSync(join(groups, 'garrison-test-')));
    } catch {
      return `no control group can be made in ${groups}`;
    }
    try {
      execFileSync('unshare', ['--pid', '--mount', '--uts', '--ipc', '--cgroup', '--fork', 'true'], { stdio: 'pipe' });
      return undefined;
    } catch {
      return 'namespaces cannot be made here (unshare)';
    }
  }

  static async boot(): Promise<SystemdMachine> {
    const machine = new SystemdMachine();
    try {
      await until('systemd has started', async () => {
        if (machine.#process.exitCode !== null) throw new Error(`systemd does not start:\n${machine.#log}`);
        return /running|degraded/.test(await machine.run('systemctl', 'is-system-running').catch(() => ''));
      });
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  /** What its units have said so far. */
  get log(): string {
    return this.#log;
  }

  /** Runs a program on the machine and resolves to what it printed. */
  async run(...command: readonly string[]): Promise<string> {
    const inside = ['--target', String(this.#firstPid()), '--pid', '--mount', '--uts', '--ipc', '--cgroup'];
    const { stdout } = await promisify(execFile)('nsenter', [...inside, ...command], { cwd: '/' });
    return stdout.trim();
  }

  /** Ends process 1, and with it all others. */
  async close(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exited;
    }
    await until(
      'its control groups are empty',
      () => !readFileSync(join(this.#group, 'cgroup.events'), 'utf8').includes('populated 1'),
    );
    removeGroup(this.#group);
  }

  #firstPid(): number {
    const { pid } = this.#process;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || 'NaN');
  }
}

const ENTER_GROUP = 'echo $$ > "$1/cgroup.procs" && shift && exec unshare "$@"';

const BOOT = `
set -e
mount --make-rprivate /
mount --bind /tmp /tmp
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for own in /run /opt /var/lib /etc/systemd/system; do mount -t tmpfs tmpfs $own; done
mkdir /opt/garrison
mount --bind '${ownPackage.root}' /opt/garrison
mount -o remount,bind,ro /opt/garrison
mount -o remount,bind,ro /
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
cd /etc/systemd/system
for target in ${TARGETS}; do
  printf '[Unit]\\nDescription=%s\\nDefaultDependencies=no\\n' $target > $target.target
done
export SYSTEMD_UNIT_PATH=/etc/systemd/system SYSTEMD_LOG_TARGET=console container=garrison-test
exec ${SYSTEMD} --system --unit=basic.target --show-status=0
`;

/** Where control groups of version 2 are mounted: alone, or beside those of version 1. */
function groupsDirectory(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const [, directory] = mounts.map((line) => line.split(' ')).find(([, , type]) => type === 'cgroup2') ?? [];
  return directory;
}

function removeGroup(group: string): void {
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(group, entry.name));
  }
  rmdirSync(group);
}
