import type { Option } from 'commander';
import type { CommandSpec } from '../command-spec.ts';
import { HELP_OPTION, type PlacedCommand, placed, summaryOf } from '../whole-program.ts';
import { flagsOf, optionValue, takesNode } from './option-value.ts';
import { placeOf } from './posix-tables.ts';

export function fishCompletion(program: CommandSpec): string {
  const [, ...below] = placed(program);
  const everywhere = [HELP_OPTION, ...(program.options ?? [])];
  const takers = [...below.flatMap(({ spec }) => spec.options ?? []), ...everywhere].filter(
    (option) => optionValue(option).kind !== 'none',
  );
  return [
    '# Completion of garrison for fish, written by: garrison completion fish',
    placeFunction([{ path: [], spec: program }, ...below], [...new Set(takers.flatMap(flagsOf))]),
    'complete -c garrison -f',
    ...everywhere.map((option) => flagLine(undefined, option)),
    ...[{ path: [], spec: program }, ...below].flatMap(commandLines),
    ...below.filter(({ spec }) => takesNode(spec)).map(({ path }) => nodeLine(placeOf(path))),
    ...below.flatMap(({ path, spec }) => (spec.options ?? []).map((option) => flagLine(placeOf(path), option))),
    '',
  ].join('\n');
}

/** Prints the place that the words before the cursor come to. A flag that takes a value anywhere is taken for one everywhere. */
function placeFunction(all: readonly PlacedCommand[], takers: readonly string[]): string {
  const cases = all.flatMap(({ path, spec }) =>
    (spec.commands ?? []).map(({ name, aliases = [] }) => {
      const patterns = [name, ...aliases].map((word) => quoted(placeOf([...path, word])));
      return `                case ${patterns.join(' ')}\n                    set place ${quoted(placeOf([...path, name]))}`;
    }),
  );
  return `function __garrison_place
    set -l place ''
    set -l skips 0
    for word in (commandline -opc)[2..-1]
        if test $skips = 1
            set skips 0
        else if contains -- $word ${takers.join(' ')}
            set skips 1
        else if not string match -q -- '-*' $word
            switch $place/$word
${cases.join('\n')}
            end
        end
    end
    echo $place
end
function __garrison_at
    test (__garrison_place) = "$argv[1]"
end
function __garrison_names
    set -l words (commandline -opc)
    $words[1] completion $argv[1] (commandline -ct) 2>/dev/null
end`;
}

function commandLines({ path, spec }: PlacedCommand): string[] {
  return (spec.commands ?? []).map(
    (child) =>
      `complete -c garrison -n ${quoted(`__garrison_at '${placeOf(path)}'`)} -a ${child.name} -d ${quoted(summaryOf(child))}`,
  );
}

function nodeLine(place: string): string {
  return `complete -c garrison -n ${quoted(`__garrison_at '${place}'`)} -a ${quoted(namesOf('nodes'))}`;
}

/** The program is asked for names while a person types. */
function namesOf(kind: 'nodes' | 'targets'): string {
  return `(__garrison_names ${kind})`;
}

function flagLine(place: string | undefined, option: Option): string {
  const value = optionValue(option);
  const takes = {
    none: '',
    text: ' -x',
    files: ' -r -F',
    words: '',
    nodes: ` -x -a ${quoted(namesOf('nodes'))}`,
    targets: ` -x -a ${quoted(namesOf('targets'))}`,
  }[value.kind];
  const words = value.kind === 'words' ? ` -x -a ${quoted(value.words.join(' '))}` : takes;
  const condition = place === undefined ? '' : ` -n ${quoted(`__garrison_at '${place}'`)}`;
  const names = flagsOf(option).map((flag) =>
    flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  return `complete -c garrison${condition}${names.join('')}${words} -d ${quoted(option.description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
