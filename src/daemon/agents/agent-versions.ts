import { realpathSync, statSync } from 'node:fs';
import { closedWay, programMounts } from './sandbox/program-mounts.ts';
import { runSandboxed } from './sandbox/run-sandboxed.ts';
import type { SandboxPlace } from './sandbox/start-sandboxed.ts';
import type { SlotUser } from './slots/slot-users.ts';

/** A CLI of JavaScript takes seconds on a machine that has other things to do. */
const PATIENCE_MS = 30_000;
const LONGEST = 64;

/** What agents say their versions are. They are asked in the sandbox: they are programs of others, and the daemon may be root. */
export class AgentVersions {
  readonly #told = new Map<string, { readonly file: string; readonly version: string | undefined }>();

  of(name: string): string | undefined {
    return this.#told.get(name)?.version;
  }

  /** True: something new was heard. */
  async ask(
    name: string,
    { program, args }: { readonly program: string; readonly args: readonly string[] },
    { place, user }: { readonly place: SandboxPlace; readonly user: SlotUser | undefined },
  ): Promise<boolean> {
    const file = identityOf(program);
    const before = this.#told.get(name);
    if (before?.file === file) return false;
    const mounts = programMounts(program, []);
    const version = closedWay(mounts) === undefined ? await said({ program, args, mounts, place, user }) : undefined;
    this.#told.set(name, { file, version });
    return version !== before?.version;
  }
}

interface Question {
  readonly program: string;
  readonly args: readonly string[];
  readonly mounts: ReturnType<typeof programMounts>;
  readonly place: SandboxPlace;
  readonly user: SlotUser | undefined;
}

async function said({ program, args, mounts, place, user }: Question): Promise<string | undefined> {
  const spec = {
    user,
    command: [program, ...args] as const,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/tmp', TERM: 'dumb', LANG: 'C.UTF-8' },
    cwd: '/tmp',
    readOnly: mounts,
    writable: [],
    sharesNetwork: false,
    rlimits: { processes: 256 },
  };
  const { code, stdout } = await runSandboxed(spec, place, { timeoutMs: PATIENCE_MS }).catch(() => ({
    code: 1,
    stdout: '',
  }));
  return code === 0 ? /\b\d{1,6}\.\d{1,6}[\w.+-]{0,40}/.exec(stdout)?.[0].slice(0, LONGEST) : undefined;
}

/** Another one when the program was installed anew. */
function identityOf(program: string): string {
  const real = realpathSync(program);
  const { mtimeMs, size } = statSync(real);
  return `${real}:${mtimeMs}:${size}`;
}
