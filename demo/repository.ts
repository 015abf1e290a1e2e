import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An agent needs no account anywhere: this one is a shell script that is given the task on standard input. */
const AGENTS = `agents:
  scribe: { command: [sh, -c, 'read -r task; cat > /dev/null; echo "- $task" >> README.md; echo "I wrote it down"'], model: pen-1 }
`;

export const hasBubblewrap = spawnSync('bwrap', ['--version']).status === 0;

export const MENDING =
  'A coding agent: left out, because bubblewrap, its sandbox, is not installed here (apt-get install bubblewrap brings it)';

/** `harbour/crane` below a base of files, and a clone of it. */
export function makeRepository(directory: string): {
  readonly baseUrl: string;
  readonly agentsFile: string;
  readonly clone: string;
} {
  const [base, clone] = [join(directory, 'git'), join(directory, 'clone')];
  const origin = join(base, 'harbour', 'crane');
  mkdirSync(origin, { recursive: true });
  git(origin, 'init', '--quiet', '--initial-branch', 'main');
  writeFileSync(join(origin, 'README.md'), '# crane\n');
  git(origin, 'add', '--all');
  git(origin, 'commit', '--quiet', '--message', 'first');
  git(directory, 'clone', '--quiet', origin, clone);
  const agentsFile = join(directory, 'agents.yaml');
  writeFileSync(agentsFile, AGENTS);
  return { baseUrl: `file://${base}`, agentsFile, clone };
}

export function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=demo', '-c', 'user.email=demo@example.com'];
  return execFileSync('git', [...identity, ...args], { cwd: directory, encoding: 'utf8' });
}
