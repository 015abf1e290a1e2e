import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What runs, without what is built or read by people. */
const PROGRAM = ['bin', 'src', 'migrations', 'package.json'];

/** The commit that stands for the version before this one. */
export const previousCommit = readFileSync(new URL('previous-commit', import.meta.url), 'utf8').trim();

/** Whether this checkout has it; a shallow clone, or an archive, has not. */
export function hasPrevious(): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${previousCommit}^{tree}`], { cwd: ROOT, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Takes it out of the history; it runs with the packages that are installed here. */
export function unpackPrevious(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const archive = execFileSync('git', ['archive', previousCommit, ...PROGRAM], { cwd: ROOT, maxBuffer: 256 << 20 });
  execFileSync('tar', ['-x', '-C', directory], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
}
