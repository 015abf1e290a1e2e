import type {
  AgentDispatchClient,
  CreatedDispatch,
  DispatchFields,
  DispatchRecord,
} from '#client/agent-dispatch/agent-dispatch-client.ts';
import { ExitWith, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option, requiredOption } from '../../command-spec.ts';
import { ExitCode } from '../../exit-codes.ts';
import type { Invocation } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';
import { pair, repeated } from '../../parse/read-pairs.ts';
import { untilStopped } from '../../until-stopped.ts';
import { budgetOf, followToEnd, sentenceOf } from './follow.ts';

interface Options {
  readonly agent: string;
  readonly model?: string;
  readonly repo?: string;
  readonly branch?: string;
  readonly context?: 'minimal' | 'standard' | 'full';
  readonly persistent?: boolean;
  readonly timeout?: number;
  readonly secret?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
  readonly nodeTag?: readonly string[];
  readonly network?: 'off' | 'allow-list' | 'open';
  readonly host?: readonly string[];
  readonly budgetTokens?: number;
  readonly budgetRequests?: number;
  readonly whenSpent?: 'end' | 'ask';
  readonly tag?: Readonly<Record<string, string>>;
  readonly judge?: string;
  readonly attempt?: readonly string[];
  readonly detach?: boolean;
}

export const run: CommandSpec = {
  name: 'run',
  description: 'Give a task to an agent and watch it work. Ctrl-C leaves; the dispatch goes on.',
  arguments: [argument('<task>', 'what it is to do; - reads it from standard input')],
  options: [
    requiredOption('--agent <name>', 'claude, codex, gemini, aider, grok, or one of your own'),
    option('--model <model>', 'instead of the model of the agent'),
    option('--repo <owner/repo>', 'repository to work in; an empty one without it'),
    option('--branch <name>', 'branch to begin with (default: main)'),
    option('--context <level>', 'what goes with the task: minimal, standard or full'),
    option('--persistent', 'work in a checkout that is kept'),
    option('--timeout <seconds>', 'time limit, 30 to 86400', wholeNumber(30)),
    option('--secret <name>', 'secret of the tenant to hand to the agent; may be repeated', repeated),
    option('--label <key=value>', 'label the machine must have; may be repeated', pair),
    option('--node-tag <tag>', 'tag the machine must have; may be repeated', repeated),
    option('--network <mode>', 'off, allow-list or open'),
    option('--host <name>', 'host of the allow-list; may be repeated', repeated),
    option('--budget-tokens <n>', 'tokens it may use', wholeNumber(1)),
    option('--budget-requests <n>', 'requests to its model it may make', wholeNumber(1)),
    option('--when-spent <what>', 'its budget: end, or ask, which lets it wait until somebody gives it more'),
    option(
      '--judge <script>',
      'script of sh that is run on the result in the sandbox: 0 is good, a last line that is a number scores it',
    ),
    option('--tag <key=value>', 'to find it by; may be repeated', pair),
    option('--attempt <agent[=model]>', 'the same task to another agent or model too; may be repeated', repeated),
    option('--detach', 'do not wait for its end'),
  ],
  examples: [
    [
      "garrison dispatch run 'Fix the flaky test' --agent claude --repo acme/web",
      'the log as it comes, then the outcome',
    ],
    [
      "garrison dispatch run 'Fix it' --agent claude --attempt codex --repo acme/web --judge 'npm test' --detach",
      'two agents; compare shows who did better, by your tests',
    ],
  ],
  run: async (invocation, task: string) => {
    const options = invocation.opts<Options>();
    const text = task === '-' ? await invocation.terminal.readStdin() : task;
    const client = await invocation.dispatch();
    await watch(invocation, client, await client.create({ ...fieldsOf(options), task: text }));
  },
};

export const retry: CommandSpec = {
  name: 'retry',
  description: 'Give the same task to the same agent again.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [option('--detach', 'do not wait for its end')],
  examples: [['garrison dispatch retry dsp_20260113_143052_abc123', 'another try']],
  run: async (invocation, id: string) => {
    const client = await invocation.dispatch();
    await watch(invocation, client, await client.retry(id));
  },
};

export const resume: CommandSpec = {
  name: 'resume',
  description: 'Go on where a dispatch has stopped, in the workspace it left; for those run with --persistent.',
  arguments: [
    argument('<id>', 'the dispatch'),
    argument('[task]', 'what is to be done now (default: the same task); - reads it from standard input'),
  ],
  options: [option('--detach', 'do not wait for its end')],
  examples: [
    ['garrison dispatch resume dsp_20260113_143052_abc123', 'it ran out of time, say'],
    ["garrison dispatch resume dsp_20260113_143052_abc123 'Now update the docs too'", 'a next step on top of it'],
  ],
  run: async (invocation, id: string, task?: string) => {
    const client = await invocation.dispatch();
    const text = task === '-' ? await invocation.terminal.readStdin() : task;
    await watch(invocation, client, await client.resume(id, text));
  },
};

async function watch(invocation: Invocation, client: AgentDispatchClient, created: CreatedDispatch): Promise<void> {
  const isDetached = invocation.opts<Options>().detach === true;
  if (isDetached || created.attempts !== undefined)
    return invocation.print(sentenceView(created, createdSentence(created)));
  invocation.note(createdSentence(created));
  const ended = await followToEnd(invocation, client, created.dispatchId, untilStopped());
  if (ended === undefined) return invocation.note(`${created.dispatchId} goes on; garrison dispatch logs -f shows it`);
  if (invocation.format === 'table') invocation.note(sentenceOf(ended));
  else await invocation.print(sentenceView(ended, ''));
  if (ended.status !== 'success') throw new ExitWith(EXIT_CODES[ended.status] ?? ExitCode.failed);
}

const EXIT_CODES: Partial<Record<DispatchRecord['status'], ExitCode>> = {
  timeout: ExitCode.deadline,
  cancelled: ExitCode.cancelled,
};

function createdSentence({ dispatchId, attempts, attemptGroup }: CreatedDispatch): string {
  if (attempts === undefined) return `${dispatchId} waits for a machine`;
  const ids = attempts.map((one) => `${one.dispatchId} (${one.agent})`).join(', ');
  return `${ids} wait for machines; garrison dispatch compare ${attemptGroup} shows how they did`;
}

function fieldsOf(options: Options): Omit<DispatchFields, 'task'> {
  const {
    agent,
    model,
    repo,
    branch,
    context,
    timeout,
    secret,
    label,
    nodeTag,
    network,
    host,
    budgetTokens: tokens,
    budgetRequests: requests,
    whenSpent,
    tag,
    judge,
  } = options;
  return {
    agent,
    ...(model !== undefined && { model }),
    ...(repo !== undefined && { repo }),
    ...(branch !== undefined && { branch }),
    ...(context !== undefined && { context }),
    ...(options.persistent && { workspaceMode: 'persistent' as const }),
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(secret !== undefined && { additionalSecrets: secret }),
    ...(label !== undefined && { labels: label }),
    ...(nodeTag !== undefined && { nodeTags: nodeTag }),
    ...(network !== undefined && { network }),
    ...(host !== undefined && { hosts: host }),
    ...((tokens ?? requests) !== undefined && {
      budget: {
        ...(tokens !== undefined && { tokens }),
        ...(requests !== undefined && { requests }),
        ...(whenSpent !== undefined && { whenSpent }),
      },
    }),
    ...(judge !== undefined && { judge }),
    ...(tag !== undefined && { tags: tag }),
    ...(options.attempt !== undefined && { attempts: options.attempt.map(readAttempt) }),
  };
}

export const budget: CommandSpec = {
  name: 'budget',
  description: 'Give a dispatch more budget; one that waits for it goes on.',
  arguments: [argument('<id>', 'the dispatch')],
  options: [
    option('--add-tokens <n>', 'tokens it may use beyond what it may now', wholeNumber(1)),
    option('--add-requests <n>', 'requests to its model it may make beyond what it may now', wholeNumber(1)),
  ],
  examples: [['garrison dispatch budget dsp_20260113_143052_abc123 --add-tokens 200000', 'and it goes on']],
  run: async (invocation, id: string) => {
    const more = invocation.opts<{ addTokens?: number; addRequests?: number }>();
    if (more.addTokens === undefined && more.addRequests === undefined)
      throw usageError('nothing is to be added', 'Say --add-tokens N, or --add-requests N.');
    const one = await (await invocation.dispatch()).giveBudget(id, more);
    await invocation.print(sentenceView(one, `${id}: ${budgetOf(one)}`));
  },
};

function readAttempt(text: string): { agent: string; model?: string } {
  const [agent = '', ...model] = text.split('=');
  if (agent === '') throw usageError(`--attempt ${text} names no agent`, 'Write it as claude, or as claude=MODEL.');
  return model.length === 0 ? { agent } : { agent, model: model.join('=') };
}
