import type { Option } from 'commander';
import type { CommandSpec } from '../command-spec.ts';
import { HELP_OPTION, type PlacedCommand, placed, summaryOf } from '../whole-program.ts';
import { flagsOf, optionValue, takesNode } from './option-value.ts';

/**
 * Functions that bash and zsh share. A place is a path such as `/nodes/list`, empty for the program.
 *
 *     _garrison_child PLACE WORD     sets REPLY to the place of a command, by its name or another one; fails for an operand
 *     _garrison_commands PLACE       prints `name:summary`, a line for each
 *     _garrison_flags PLACE          prints `--flag:description`, a line for each
 *     _garrison_value PLACE FLAG     sets REPLY to what completes its value: `files`, `text`, `nodes`, `targets`, `words …`; fails where none is
 *     _garrison_takes_node PLACE     whether its first operand is a machine
 */
export function posixTables(program: CommandSpec): string {
  const all = placed(program);
  const everywhere = [HELP_OPTION, ...(program.options ?? [])];
  return [
    switchOn('_garrison_child', '"$1/$2"', all.flatMap(childCases), 'return 1'),
    switchOn('_garrison_commands', '"$1"', all.flatMap(commandCase), ':'),
    flagsFunction(all, everywhere),
    switchOn(
      '_garrison_value',
      '"$1 $2"',
      [...all.slice(1).flatMap(valueCases), ...everywhere.flatMap((option) => valueCase('*', option))],
      'return 1',
    ),
    switchOn('_garrison_takes_node', '"$1"', all.slice(1).flatMap(nodeCase), 'return 1'),
  ].join('\n');
}

export function placeOf(path: readonly string[]): string {
  return path.map((name) => `/${name}`).join('');
}

function childCases({ path, spec }: PlacedCommand): string[] {
  return (spec.commands ?? []).map(({ name, aliases = [] }) => {
    const patterns = [name, ...aliases].map((word) => quoted(placeOf([...path, word])));
    return `${patterns.join('|')}) REPLY=${quoted(placeOf([...path, name]))} ;;`;
  });
}

function commandCase({ path, spec }: PlacedCommand): string[] {
  const lines = (spec.commands ?? []).map((child) => quoted(`${child.name}:${summaryOf(child)}`));
  return lines.length === 0 ? [] : [`${quoted(placeOf(path))}) printf '%s\\n' ${lines.join(' ')} ;;`];
}

function nodeCase({ path, spec }: PlacedCommand): string[] {
  return takesNode(spec) ? [`${quoted(placeOf(path))}) ;;`] : [];
}

function flagsFunction(all: readonly PlacedCommand[], everywhere: readonly Option[]): string {
  const cases = all.slice(1).flatMap(({ path, spec }) => {
    const lines = flagLines(spec.options ?? []);
    return lines.length === 0 ? [] : [`${quoted(placeOf(path))}) printf '%s\\n' ${lines.join(' ')} ;;`];
  });
  const own = switchOn('_garrison_own_flags', '"$1"', cases, ':');
  return `${own}\n_garrison_flags() {\n  _garrison_own_flags "$1"\n  printf '%s\\n' ${flagLines(everywhere).join(' ')}\n}`;
}

function flagLines(options: readonly Option[]): string[] {
  return options.flatMap((option) => flagsOf(option).map((flag) => quoted(`${flag}:${option.description}`)));
}

function valueCases({ path, spec }: PlacedCommand): string[] {
  return (spec.options ?? []).flatMap((option) => valueCase(quoted(placeOf(path)), option));
}

function valueCase(place: string, option: Option): string[] {
  const value = optionValue(option);
  if (value.kind === 'none') return [];
  const patterns = flagsOf(option).map((flag) => `${place}${quoted(` ${flag}`)}`);
  const answer = value.kind === 'words' ? `words ${value.words.join(' ')}` : value.kind;
  return [`${patterns.join('|')}) REPLY=${quoted(answer)} ;;`];
}

function switchOn(name: string, word: string, cases: readonly string[], otherwise: string): string {
  return `${name}() {\n  case ${word} in\n    ${[...cases, `*) ${otherwise} ;;`].join('\n    ')}\n  esac\n}`;
}

/** One word of a shell, whatever is in it; a line stays a line. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll("'", "'\\''")}'`;
}
