import { readFile } from 'node:fs/promises';
import { readHeaderLines, whyNotGenuine } from '#client/edge-admin/verify-delivery.ts';
import { collect } from '#client/walk-pages.ts';
import { CliError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { readPastInstant } from '../../parse/read-instant.ts';
import { ID, readSecret } from './manage.ts';

export const test: CommandSpec = {
  name: 'test',
  description: 'Send a test event to a webhook.',
  arguments: [ID],
  examples: [['garrison webhooks test 0199a3f4-…', 'then garrison webhooks deliveries says whether it arrived']],
  run: async (invocation, id: string) => {
    const sent = await (await invocation.edgeAdmin()).testWebhook(id);
    await invocation.print(sentenceView(sent, sent.event_id));
  },
};

const DEFAULT_LIMIT = 50;

export const deliveries: CommandSpec = {
  name: 'deliveries',
  description: 'List the attempts to deliver events to a webhook, newest first.',
  arguments: [ID],
  options: listOptions(),
  examples: [
    ['garrison webhooks deliveries 0199a3f4-…', 'the last fifty'],
    ['garrison webhooks deliveries 0199a3f4-… --where outcome=exhausted', 'what did not arrive'],
  ],
  run: async (invocation, id: string) => {
    const options = invocation.opts<ListOptions>();
    const client = await invocation.edgeAdmin();
    const found = await collect(client.deliveries(id, listQuery(options)), options.limit ?? DEFAULT_LIMIT);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'TIME', value: (one) => one.inserted_at },
          { header: 'TYPE', value: (one) => one.event_type, isFlexible: true },
          { header: 'ATTEMPT', value: (one) => String(one.attempt) },
          { header: 'OUTCOME', value: (one) => one.outcome },
          { header: 'WORD', value: (one) => one.word },
          { header: 'STATUS', value: (one) => String(one.status ?? '-') },
          { header: 'EVENT', value: (one) => one.event_id },
        ],
        'Nothing has been sent yet.',
      ),
    );
  },
};

interface RedeliverOptions {
  readonly event?: string;
  readonly since?: string;
  readonly until?: string;
}

export const redeliver: CommandSpec = {
  name: 'redeliver',
  description: 'Send events to a webhook again: one, or those of a span of time.',
  arguments: [ID],
  options: [
    option('--event <id>', 'one event'),
    option('--since <time>', 'those from then on: an instant, or a time ago such as 2h', readPastInstant),
    option('--until <time>', 'up to before then; default: now', readPastInstant),
  ],
  examples: [
    ['garrison webhooks redeliver 0199a3f4-… --event 0199a3f5-…', 'one event'],
    ['garrison webhooks redeliver 0199a3f4-… --since 2h', 'everything of the last two hours'],
  ],
  run: async (invocation, id: string) => {
    const { event, since, until } = invocation.opts<RedeliverOptions>();
    const client = await invocation.edgeAdmin();
    const body = {
      ...(event !== undefined && { event_id: event }),
      ...(since !== undefined && { since: since }),
      ...(until !== undefined && { until: until }),
    };
    const sent = await client.redeliver(id, body);
    await invocation.print(sentenceView(sent, `${sent.queued} events are sent again`));
  },
};

interface VerifyOptions {
  readonly secretFile?: string;
  readonly headers?: string;
  readonly body?: string;
}

export const verify: CommandSpec = {
  name: 'verify',
  description: 'Check, on the side of the receiver, whether a delivery is genuine. It asks nobody.',
  options: [
    option('--secret-file <file>', 'the secret of the webhook'),
    option('--headers <file>', 'the headers as they came, a line each'),
    option('--body <file>', 'the body, byte for byte as it came'),
  ],
  examples: [
    ['garrison webhooks verify --secret-file secret --headers headers.txt --body body.json', 'genuine, or why not'],
  ],
  run: async (invocation) => {
    const { secretFile, headers, body } = invocation.opts<VerifyOptions>();
    if (secretFile === undefined || headers === undefined || body === undefined)
      throw new CliError('give --secret-file, --headers and --body', { exitCode: 2 });
    const why = whyNotGenuine({
      secret: await readSecret(secretFile),
      headers: readHeaderLines(await readFile(headers, 'utf8')),
      body: await readFile(body),
      now: new Date(),
    });
    if (why !== undefined) throw new CliError(`not genuine: ${why}`);
    await invocation.print(sentenceView({ genuine: true }, 'genuine'));
  },
};
