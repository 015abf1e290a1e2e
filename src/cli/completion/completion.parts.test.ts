/** Each shell is given the script that the program prints, and asked what it would complete. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cliSession } from '#test/support/cli-session.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

const runFile = promisify(execFile);

let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-completion-'));
  writeFileSync(join(directory, 'profile.yaml'), '');
  const session = await cliSession();
  for (const shell of SHELLS) {
    const { exitCode, stdout } = await session.run('completion', shell);
    expect(exitCode).toBe(0);
    writeFileSync(join(directory, `garrison.${shell}`), stdout);
  }
  await session.close();
  writeFileSync(join(directory, '.zshrc'), ZSHRC);
  mkdirSync(join(directory, 'bin'));
  writeFileSync(join(directory, 'bin/garrison'), GARRISON, { mode: 0o755 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Stands in for the program where a completion asks it for names. */
const GARRISON = `#!/bin/sh
[ "$1" = completion ] || exit 1
for name in web-1 web-2 db-1; do case $name in "$3"*) echo $name ;; esac; done
[ "$2" = nodes ] || case group:web in "$3"*) echo group:web ;; esac
`;

/** Words that complete the last one. */
const ask: Readonly<Record<Shell, (words: readonly string[]) => Promise<string[]>>> = {
  async bash(words) {
    return linesOf('bash', ['--norc', '-c', BASH_ASKS, 'bash', ...words]);
  },
  async fish(words) {
    const script = 'source ./garrison.fish; complete -C "$argv"';
    const lines = await linesOf('fish', ['--no-config', '-c', script, ...words]);
    return lines.map((line) => line.split('\t')[0] ?? '');
  },
  zsh: (words) => linesOf('zsh', ['-f', '-c', ZSH_ASKS, 'zsh', words.join(' ')]),
};

async function linesOf(program: string, argv: readonly string[]): Promise<string[]> {
  const { stdout } = await runFile(program, argv, {
    cwd: directory,
    env: { PATH: `${join(directory, 'bin')}:${process.env.PATH}`, HOME: directory, ZDOTDIR: directory, TERM: 'dumb' },
    timeout: 20_000,
  });
  return stdout.split(/\r?\n/).filter((line) => line !== '');
}

const BASH_ASKS = `
source ./garrison.bash
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_garrison
printf '%s\\n' "\${COMPREPLY[@]}"
`;

/** In the shell that completes: what would be offered is printed instead, between two marks. */
const ZSHRC = `
PROMPT=
unsetopt zle_bracketed_paste 2>/dev/null
autoload -Uz compinit && compinit -D -u
source ./garrison.zsh
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
begins() { print -r -- '<<<' }
ends() { print -r -- '>>>'; exit }
compprefuncs=(begins)
comppostfuncs=(ends)
compadd() {
  if [[ " \${(j: :)@} " == *' -'[OAD]' '* ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -O offered "$@"
  print -rl -- $offered
  return 1
}
print -r -- READY
`;

/** Asks a shell on a terminal of its own, as a person does. */
const ZSH_ASKS = `
zmodload zsh/zpty
zpty asked zsh -d -i
local line seen=
while zpty -r asked line; do [[ $line == *READY* ]] && break; done
zpty -w -n asked "$1"$'\\t'
while zpty -r asked line; do
  line=\${line%%[[:cntrl:]]##}
  [[ $line == *'>>>'* ]] && break
  [[ -n $seen ]] && print -r -- $line
  [[ $line == *'<<<'* ]] && seen=yes
done
zpty -d asked
`;

describe.each(SHELLS)('%s', (shell) => {
  const isThere = spawnSync(shell, ['--version']).error === undefined;
  if (!isThere) test.skip(`${shell} is not installed`, () => {});

  test.runIf(isThere).each<[string, readonly string[]]>([
    ['garrison no', ['node', 'nodes']],
    ['garrison nodes wai', ['waiting']],
    ['garrison edge fleet pre', ['preview']],
    ['garrison edge token wi', ['withdraw']], // by the other name of the command
    ['garrison --output json clusters up', ['update']], // behind an option of the program
    ['garrison audit list --limit 5 --sub', ['--subject']],
    ['garrison tokens create --kind ar', ['arb']],
    ['garrison runs list --outcome hal', ['halted']],
    ['garrison nodes list --api', ['--api']],
    ['garrison --profile prof', ['profile.yaml']],
    ['garrison clusters show ', []],
    ['garrison nodes show we', ['web-1', 'web-2']],
    ['garrison ssh d', ['db-1']],
    ['garrison runs list --node db', ['db-1']],
    ['garrison run --on we', ['web-1', 'web-2']],
    ['garrison run --on gr', ['group:web']],
  ])('%s', async (line, words) => {
    expect((await ask[shell](line.split(' '))).sort()).toEqual(words);
  });
});
