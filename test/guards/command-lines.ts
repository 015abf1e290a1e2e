/** A command line of the program, as a page shows it. */
export interface CommandLine {
  readonly text: string;
  /** After the program. */
  readonly argv: readonly string[];
}

/** Every call in fenced blocks (a line of a map, with columns, is none), and in sentences where it is more than a name. */
export function commandLinesIn(markdown: string): CommandLine[] {
  const shells = [...markdown.matchAll(/^```(\w*)\n(.*?)^```/gms)].filter(([, kind]) => kind === '' || kind === 'sh');
  const lines = shells.flatMap(([, , block = '']) => block.replaceAll(/\\\n\s*/g, ' ').split('\n'));
  const fenced = lines.filter((line) => !/garrison {2,}/.test(line)).flatMap(commandsIn);
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => commandsIn(code));
  const calls = [...fenced, ...inline.filter((argv) => argv.length > 1)];
  return calls.map((argv) => ({ text: `garrison ${argv.join(' ')}`, argv }));
}

/** The calls of the program in one line of a shell. */
function commandsIn(line: string): string[][] {
  return callsIn(wordsOf(line)).flatMap((words) => {
    const call = words.slice(words.findIndex((word) => !/^[A-Z_]+=/.test(word)));
    const [program = '', ...argv] = call;
    const isOurs = /^(\S*\/)?garrison$/.test(program) && argv.length > 0 && !argv.some((word) => /[…|]/.test(word));
    return isOurs ? [argv] : [];
  });
}

/** Words outside of quotes end at blanks; `|`, `&&`, `;` stand alone; what follows `#` or a redirection is left out. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/#.*$|&&|[|;<>]|(?:'[^']*'|"[^"]*"|[^\s'"|;<>&#])+/g)) {
    if (word.startsWith('#')) break;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  }
  return words;
}

function callsIn(words: readonly string[]): string[][] {
  const calls: string[][] = [[]];
  for (const word of words) {
    if (['&&', '|', ';', '<', '>'].includes(word)) calls.push([]);
    else calls.at(-1)?.push(word);
  }
  return calls;
}
