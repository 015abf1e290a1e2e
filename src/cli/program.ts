import { Command, CommanderError } from 'commander';
import { ownPackage } from '#runtime/own-package.ts';
import { COMMANDS, type CommandEntry } from './catalogue.ts';
import { ExitWith } from './cli-error.ts';
import { mount } from './command-spec.ts';
import { ExitCode } from './exit-codes.ts';
import { explainError, formatExplanation } from './explain-error.ts';
import { addExamples } from './help.ts';
import { PROGRAM_EXAMPLES, PROGRAM_OPTIONS, SUMMARY } from './program-options.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs one command line and resolves to its exit code. Actions end by returning or by throwing, `ExitWith` where the
 * outcome of a run decides the code; nothing below calls `process.exit`.
 */
export async function runCli(argv: readonly string[], terminal: Terminal, commands = COMMANDS): Promise<ExitCode> {
  const program = makeProgram(terminal);
  const asked = firstOperands(argv, program);
  for (const entry of commands) await addCommand(program, entry, asked, terminal);
  try {
    await program.parseAsync(argv.length === 0 ? ['--help'] : [...argv], { from: 'user' });
    return ExitCode.ok;
  } catch (error) {
    return endWith(error, program, terminal);
  }
}

function makeProgram(terminal: Terminal): Command {
  const program = new Command('garrison')
    .description(SUMMARY)
    .version(versionText(), '-V, --version', 'which version this is')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns,
      getErrHelpWidth: () => terminal.stderr.columns,
      getOutHasColors: () => terminal.stdout.hasColours,
      getErrHasColors: () => terminal.stderr.hasColours,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Add --help to see what is possible.')
    .exitOverride();
  for (const option of PROGRAM_OPTIONS) program.addOption(option);
  return addExamples(program, PROGRAM_EXAMPLES);
}

function versionText(): string {
  const { version, commit } = ownPackage;
  return `garrison ${version}${commit === undefined ? '' : ` (${commit.slice(0, 12)})`}`;
}

/** The command that is meant is loaded whole; of the others the help needs a line. */
async function addCommand(
  program: Command,
  entry: CommandEntry,
  asked: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const [first, second] = asked;
  if (entry.name === first || (first === 'help' && entry.name === second)) {
    mount(program, (await entry.load()).command, terminal);
  } else {
    program.command(entry.name).summary(entry.summary).description(entry.summary).helpGroup(entry.group);
  }
}

/** The words of the command line that are neither options of the program nor their values. */
function firstOperands(argv: readonly string[], program: Command): string[] {
  const takesValue = new Set(
    program.options.filter((option) => option.required).flatMap((option) => [option.short, option.long]),
  );
  const operands: string[] = [];
  for (let at = 0; at < argv.length && operands.length < 2; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') break;
    if (takesValue.has(word)) at += 1;
    else if (!word.startsWith('-')) operands.push(word);
  }
  return operands;
}

function endWith(error: unknown, program: Command, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage; // it has said what is wrong
  }
  if (error instanceof ExitWith) return error.exitCode;
  const explanation = explainError(error);
  const isForPeople = program.opts().output === 'table';
  const { exitCode, code, message, details, advice, requestId } = explanation;
  const asData = { error: { code, message, details, advice, request_id: requestId, exit_code: exitCode } };
  terminal.stderr.write(isForPeople ? formatExplanation(explanation) : `${JSON.stringify(asData)}\n`);
  return exitCode;
}
