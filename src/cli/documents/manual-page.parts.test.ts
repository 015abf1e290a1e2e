import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PAGE = join(import.meta.dirname, '../../../docs/reference/garrison.1');
const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined;

test.runIf(isThere('man'))('man shows the manual page, without a warning', () => {
  const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', PAGE], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', MANPAGER: 'cat', PAGER: 'cat', MANWIDTH: '100' },
  });
  expect(stderr).toBe('');
  for (const words of ['garrison edge fleet run [tool] [argv...]', '--max-concurrency <n>', 'EXIT STATUS'])
    expect(stdout).toContain(words);
});

test.runIf(isThere('groff'))('groff reads every request of the manual page', () => {
  const said = execFileSync('groff', ['-man', '-Tutf8', '-ww', '-z', '-Kutf8', PAGE], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  expect(said).toBe('');
});
