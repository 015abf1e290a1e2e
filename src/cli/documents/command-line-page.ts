import type { Option } from 'commander';
import { type CommandSpec, examplesOf } from '../command-spec.ts';
import { ExitCode } from '../exit-codes.ts';
import { type PlacedCommand, placed, summaryOf } from '../whole-program.ts';

/** `docs/reference/command-line.md`: written by `write-command-line-pages.ts`, compared in a test. */
export function commandLinePage(program: CommandSpec): string {
  const [, ...commands] = placed(program);
  const parts = [INTRODUCTION, optionTable(program.options ?? []), ...commands.map(section)];
  return `${parts.join('\n\n')}\n`;
}

const INTRODUCTION = `# The command line

<!-- Written from src/cli by: node build/write-command-line-pages.ts -->

Every command takes \`--help\` and the options below. \`garrison completion bash|zsh|fish\` prints the completion of command lines;
\`docs/reference/garrison.1\` is this page as a manual page (\`man -l docs/reference/garrison.1\`). A command ends with
${exitCodes()}.`;

function exitCodes(): string {
  return Object.entries(ExitCode)
    .map(([name, code]) => `${code} (${name})`)
    .join(', ');
}

function section({ path, spec }: PlacedCommand): string {
  const call = `garrison ${path.join(' ')}`;
  const others = spec.aliases?.length ? `Also called ${spec.aliases.map((alias) => `\`${alias}\``).join(', ')}.` : '';
  const below = (spec.commands ?? []).map(
    (child) => `- [${child.name}](#${anchorOf(`${call} ${child.name}`)}): ${escaped(summaryOf(child))}`,
  );
  return [
    `${path.length === 1 ? '##' : '###'} ${call}`,
    escaped(spec.description),
    others,
    below.join('\n'),
    operandList(spec),
    optionTable(spec.options ?? []),
    `\`\`\`sh\n${examplesOf(spec, call)
      .map(([line, does]) => `# ${does}\n${line}`)
      .join('\n')}\n\`\`\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function operandList({ arguments: operands = [] }: CommandSpec): string {
  return operands
    .map((one) => `- \`${operandText(one)}\`${one.description === '' ? '' : `: ${escaped(one.description)}`}`)
    .join('\n');
}

/** As the readers of Markdown make it of a heading. */
function anchorOf(heading: string): string {
  return heading.replaceAll(' ', '-');
}

/** `<node>`, `[node]`, `[node...]` */
export function operandText(one: { name(): string; required: boolean; variadic: boolean }): string {
  const name = `${one.name()}${one.variadic ? '...' : ''}`;
  return one.required ? `<${name}>` : `[${name}]`;
}

function optionTable(options: readonly Option[]): string {
  if (options.length === 0) return '';
  const rows = options.map(
    (option) => `| \`${option.flags}\` | ${escaped(optionText(option)).replaceAll('|', '\\|')} |`,
  );
  return ['| option | what it does |', '|---|---|', ...rows].join('\n');
}

export function optionText({ description, mandatory, argChoices, defaultValue }: Option): string {
  const more = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(defaultValue === undefined || typeof defaultValue === 'boolean'
      ? []
      : [`default ${JSON.stringify(defaultValue)}`]),
  ];
  return more.length === 0 ? description : `${description} (${more.join('; ')})`;
}

/** As Markdown shows it. */
function escaped(text: string): string {
  return text.replaceAll(/[<*_]/g, (one) => `\\${one}`);
}
