import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A directory seen through a FUSE server (bindfs), which can be stopped: then whoever looks there hangs. */
export class FuseMount {
  readonly source: string;
  /** Not to be touched by this process once the server is stopped. */
  readonly point: string;
  readonly #server: ChildProcess;

  /** Why there can be none here. */
  static whyNot(): string | undefined {
    if (process.getuid?.() !== 0) return 'only root mounts';
    if (!existsSync('/dev/fuse')) return 'there is no /dev/fuse';
    const isInstalled = ['/usr/bin/bindfs', '/usr/local/bin/bindfs'].some((path) => existsSync(path));
    return isInstalled ? undefined : 'bindfs is not installed';
  }

  static async mount(directory: string): Promise<FuseMount> {
    const mount = new FuseMount(directory);
    const deadline = performance.now() + 10_000;
    while (!readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${mount.point} `)) {
      if (performance.now() > deadline) throw new Error('bindfs did not mount in time');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return mount;
  }

  private constructor(directory: string) {
    this.source = join(directory, 'served');
    this.point = join(directory, 'mount');
    for (const path of [this.source, this.point]) mkdirSync(path);
    const options = ['-f', '-o', 'attr_timeout=0,entry_timeout=0', this.source, this.point];
    this.#server = spawn('bindfs', options, { stdio: 'ignore' });
  }

  stop(): void {
    this.#server.kill('SIGSTOP');
  }

  goOn(): void {
    this.#server.kill('SIGCONT');
  }

  async close(): Promise<void> {
    execFileSync('umount', ['--lazy', this.point]);
    if (this.#server.exitCode !== null || this.#server.signalCode !== null) return;
    const exited = once(this.#server, 'exit');
    this.#server.kill('SIGKILL');
    await exited;
  }
}
