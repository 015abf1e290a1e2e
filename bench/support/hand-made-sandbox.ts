import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSandboxed } from '#daemon/agents/sandbox/run-sandboxed.ts';
import { slotUser } from '#daemon/agents/slots/slot-users.ts';
import { resolveProgram } from '#daemon/policy/resolve-program.ts';

/** The sandbox of an agent with nothing around it: no order, no repository, no log. */
export class HandMadeSandbox {
  #place = '';
  readonly #user = slotUser(60);

  async open(): Promise<void> {
    this.#place = await mkdtemp(join(tmpdir(), 'garrison-bench-sandbox-'));
    await chmod(this.#place, 0o711);
    for (const name of ['home', 'work', 'runtime']) {
      await mkdir(join(this.#place, name));
      if (this.#user !== undefined && name !== 'runtime')
        await chown(join(this.#place, name), this.#user.uid, this.#user.gid);
    }
  }

  /** What the script has written. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await runSandboxed(
      {
        user: this.#user,
        command: ['/bin/sh', '-c', script],
        env: { PATH: '/usr/bin:/bin', HOME: '/home/agent' },
        cwd: '/workspace',
        readOnly: [],
        writable: [
          { outside: join(this.#place, 'home'), inside: '/home/agent' },
          { outside: join(this.#place, 'work'), inside: '/workspace' },
        ],
        sharesNetwork: false,
        rlimits: { openFiles: 8_192 },
      },
      { program: resolveProgram('bwrap', process.env.PATH ?? '') ?? 'bwrap', runtimeDir: join(this.#place, 'runtime') },
      { timeoutMs: 60_000 },
    );
    if (code !== 0) throw new Error(`the sandbox ended with ${code}: ${stderr}`);
    return stdout;
  }

  async close(): Promise<void> {
    await rm(this.#place, { recursive: true, force: true });
  }
}
