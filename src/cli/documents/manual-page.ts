import type { Option } from 'commander';
import { type CommandSpec, examplesOf } from '../command-spec.ts';
import { EXIT_CODE_HELP, TARGET_HELP } from '../help.ts';
import { type PlacedCommand, placed, summaryOf } from '../whole-program.ts';
import { operandText, optionText } from './command-line-page.ts';

/** `docs/reference/garrison.1` in the macros of man(7): written by `write-command-line-pages.ts`, compared in a test. */
export function manualPage(program: CommandSpec): string {
  const [, ...commands] = placed(program);
  const parts = [
    '.\\" Written from src/cli by: node build/write-command-line-pages.ts',
    '.TH GARRISON 1 "" Garrison "Garrison manual"',
    `.SH NAME\ngarrison \\- ${roff(program.description)}`,
    '.SH SYNOPSIS\n.B garrison\n.I command\n.RI [ options ]',
    `.SH OPTIONS\nEvery command takes these.\n${optionList(program.options ?? [])}`,
    '.SH COMMANDS',
    ...commands.map(section),
    `.SH TARGETS\n.nf\n${roff(TARGET_HELP.trim())}\n.fi`,
    `.SH EXIT STATUS\n.nf\n${roff(EXIT_CODE_HELP.trim())}\n.fi`,
    `.SH EXAMPLES\n${examples(program, 'garrison')}`,
  ];
  return `${parts.join('\n')}\n`;
}

function section({ path, spec }: PlacedCommand): string {
  const call = `garrison ${path.join(' ')}`;
  const operands = (spec.arguments ?? []).map(operandText);
  const below = (spec.commands ?? []).map(({ name }) => name);
  return [
    `.SS ${quoted([call, ...operands].join(' '))}`,
    roff(below.length > 0 ? `${summaryOf(spec)} Commands: ${below.join(', ')}.` : spec.description),
    optionList(spec.options ?? []),
    examples(spec, call),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function optionList(options: readonly Option[]): string {
  return options.map((option) => `.TP\n.B ${quoted(option.flags)}\n${roff(optionText(option))}`).join('\n');
}

function examples(spec: CommandSpec, call: string): string {
  return examplesOf(spec, call)
    .map(([line, does]) => `.PP\n.RS 4\n.nf\n# ${roff(does)}\n${roff(line)}\n.fi\n.RE`)
    .join('\n');
}

function quoted(text: string): string {
  return `"${roff(text).replaceAll('"', '\\(dq')}"`;
}

/** Text that roff takes as it is: no escapes, no requests, hyphens that can be copied. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll(/^([.'])/gm, '\\&$1');
}
