import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { EXIT_CODE_HELP, TARGET_HELP } from '../../help.ts';
import { readObject } from '../../parse/read-pairs.ts';
import { readOrder, splitWords } from './order.ts';
import { runOnFleet, standardInput } from './run-on-fleet.ts';
import { type PinOptions, type RunOptions, runOptions } from './run-options.ts';
import { previewOnFleet, runWithPin } from './run-with-pin.ts';

export const command: CommandSpec = {
  name: 'run',
  summary: 'run a command on many nodes and watch it',
  description: 'Run a command on many nodes, watch its output as it comes, and end with a code that says how it went.',
  arguments: [
    argument(
      '[script...]',
      'a script in quotes, or a program and its arguments after --; behind a script or a file, its arguments',
    ),
  ],
  options: [
    option('-f, --file <file>', 'a script from a file, or from standard input with -'),
    ...runOptions().map((one) => (one.long === '--on' ? one.makeOptionMandatory(false) : one)),
    option('--preview', 'run nothing: show who would run, and a pin that runs exactly this, once, within ten minutes'),
    option(
      '--targeting <json>',
      'with --preview, in place of --on: a targeting as POST /api/v1/commands has it',
      readObject,
    ),
    option('--pin <pin>', 'run what was previewed, if it still means the same nodes; nothing else is said'),
  ],
  help: TARGET_HELP,
  examples: [
    ["garrison run 'uptime' --on all", 'a script, in a login shell, on every node'],
    ['garrison run --on tags=web -- systemctl is-active nginx', 'a program with its arguments, no shell'],
    ["garrison run 'uname -r' --on os=linux --fold", 'identical answers once, with their nodes'],
    [
      'garrison run -f deploy.sh --on group:web --mode rolling=5 --on-error stop-after=1',
      'in waves of five, halt at the first failure',
    ],
    ['garrison run -f setup.sh --on web-1,web-2 -- --fast eu', 'a script with its arguments'],
    ['garrison run --stdin --on all -- tee /etc/motd < motd', 'with the same standard input on every node'],
    ["garrison run 'systemctl restart app' --on tags=web --preview", 'who would run it, and a pin'],
    ['garrison run --pin pin_AbC…', 'exactly what was previewed'],
    ['garrison run --on @db-1 --tool service.restart --arg name=postgresql', 'a tool of the daemon'],
  ],
  helpAfterExamples: EXIT_CODE_HELP,
  run: async (invocation, operands: string[]) => {
    const options = invocation.opts<RunOptions & PinOptions>();
    if (options.pin !== undefined) {
      refuseBeside(operands, options);
      return runWithPin(invocation, options.pin, options);
    }
    const isByTargeting = options.preview === true && options.targeting !== undefined;
    if (options.targeting !== undefined && !isByTargeting)
      throw usageError('--targeting is for --preview', 'Preview it, then run it with the pin.');
    if (isByTargeting && options.on !== undefined) throw usageError('say --on or --targeting, not both');
    if (options.on === undefined && !isByTargeting) throw usageError("required option '--on <target>' not specified");
    const words = splitWords(operands, invocation.rawArgv);
    const order = await readOrder(words, options, standardInput(invocation));
    await (options.preview ? previewOnFleet : runOnFleet)(invocation, order, options);
  },
};

const BESIDE_A_PIN: ReadonlySet<string> = new Set(['pin', 'fold', 'quiet', 'events', 'detach']);

/** A pin says all of the order: what is said beside it would not be what is run. */
function refuseBeside(operands: readonly string[], options: object): void {
  const said = Object.keys(options).filter((name) => !BESIDE_A_PIN.has(name));
  if (operands.length > 0 || said.length > 0)
    throw usageError('a pin says what is run, where and how', 'Leave the rest out, or make another preview.');
}
