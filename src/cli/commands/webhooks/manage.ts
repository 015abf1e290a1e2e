import { readFile } from 'node:fs/promises';
import type { Webhook } from '#client/edge-admin/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { CliError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { factsView, sentenceView, tableView } from '../../output/print-view.ts';
import { pair, repeated } from '../../parse/read-pairs.ts';

export const ID = argument('<id>', 'id of the webhook');

export const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the webhooks.',
  options: listOptions(),
  examples: [
    ['garrison webhooks list', 'every webhook and how it does'],
    ['garrison webhooks list --where event_type=edge.node.registered', 'those that are for one event'],
  ],
  run: async (invocation) => {
    const options = invocation.opts<ListOptions>();
    const client = await invocation.edgeAdmin();
    const found = await collect(client.webhooks(listQuery(options)), options.limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'URL', value: (one) => one.url, isFlexible: true },
          { header: 'EVENTS', value: (one) => String(one.subscribed_events.length) },
          { header: 'STATE', value: stateOf },
          { header: 'WAITING', value: (one) => String(one.waiting_events) },
          { header: 'ID', value: (one) => one.id },
        ],
        'No webhooks. garrison webhooks create URL --event TYPE --secret-file FILE makes one.',
      ),
    );
  },
};

function stateOf({ paused_at, failures }: Webhook): string {
  if (paused_at !== null) return 'paused';
  return failures === 0 ? 'well' : `${failures} failures`;
}

interface CreateOptions {
  readonly event?: readonly string[];
  readonly type?: readonly string[];
  readonly secretFile?: string;
  readonly header?: Readonly<Record<string, string>>;
}

const TYPE = option(
  '--type <type>',
  'the same, also as a beginning: run.*; garrison webhooks types lists all',
  repeated,
);
const HEADER = option('--header <name=value>', 'sent with every event; may be repeated', pair);

export const create: CommandSpec = {
  name: 'create',
  description: 'Post events to an address from now on.',
  arguments: [argument('<url>', 'http or https; not a private address')],
  options: [
    option('--event <type>', 'a type of events; may be repeated', repeated),
    TYPE,
    option('--secret-file <file>', 'what signs: 32 to 256 characters'),
    HEADER,
  ],
  examples: [
    [
      'garrison webhooks create https://example.com/hook --event edge.node.registered --secret-file secret',
      'each new machine is told there',
    ],
    [
      "garrison webhooks create https://example.com/hook --type 'run.*' --type 'dispatch.*' --secret-file secret",
      'runs and dispatches that start and end',
    ],
  ],
  run: async (invocation, url: string) => {
    const { event = [], type = [], secretFile, header: headers } = invocation.opts<CreateOptions>();
    const types = [...event, ...type];
    if (types.length === 0)
      throw new CliError('which events? give --event or --type, once for each type', { exitCode: 2 });
    if (secretFile === undefined) throw new CliError('what signs? give --secret-file', { exitCode: 2 });
    const fields = { url, secret: await readSecret(secretFile), ...(headers !== undefined && { headers }) };
    const made = types.every(isOfContract)
      ? await (await invocation.edgeAdmin()).createWebhook({ ...fields, subscribed_events: types })
      : await (await invocation.native()).createWebhook({ ...fields, types });
    await invocation.print(sentenceView(made, made.id));
  },
};

/** One type of the contract of Edge Admin: whoever may only use that API can subscribe to it. */
function isOfContract(type: string): boolean {
  return type.startsWith('edge.') && !type.endsWith('*');
}

export const update: CommandSpec = {
  name: 'update',
  description: 'Change what a webhook is for, its address or its headers.',
  arguments: [ID],
  options: [option('--url <url>', 'where events are posted to'), TYPE, HEADER],
  examples: [
    ["garrison webhooks update 0199a3f4-… --type 'run.*' --type edge.node.registered", 'only these types from now on'],
    ['garrison webhooks update 0199a3f4-… --url https://example.com/new', 'what waits goes there too'],
  ],
  run: async (invocation, id: string) => {
    const { url, type: types, header: headers } = invocation.opts<CreateOptions & { readonly url?: string }>();
    if (url === undefined && types === undefined && headers === undefined)
      throw new CliError('what changes? give --url, --type or --header', { exitCode: 2 });
    const changed = await (await invocation.native()).updateWebhook(id, {
      ...(url !== undefined && { url }),
      ...(types !== undefined && { types: [...types] }),
      ...(headers !== undefined && { headers }),
    });
    await invocation.print(sentenceView(changed, `changed ${id}`));
  },
};

export const types: CommandSpec = {
  name: 'types',
  description: 'List the types of events that webhooks can be for.',
  examples: [['garrison webhooks types', 'edge.… and garrison.…']],
  run: async (invocation) => {
    const found = await (await invocation.native()).eventTypes();
    await invocation.print(sentenceView(found, found.join('\n')));
  },
};

export async function readSecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new CliError(`cannot read the secret ${file}: ${cause.message}`, { cause });
  });
  return text.replace(/\r?\n$/, '');
}

export const show: CommandSpec = {
  name: 'show',
  description: 'Show a webhook and how it does.',
  arguments: [ID],
  examples: [['garrison webhooks show 0199a3f4-…', 'what it is for, and whether it is paused']],
  run: async (invocation, id: string) => {
    const webhook = await (await invocation.edgeAdmin()).webhook(id);
    await invocation.print(
      factsView(webhook, [
        ['url', webhook.url],
        ['events', webhook.subscribed_events.join(', ')],
        ['state', stateOf(webhook)],
        ['reason', webhook.pause_reason ?? '-'],
        ['failing since', webhook.failing_since ?? '-'],
        ['waiting', String(webhook.waiting_events)],
        ['created', webhook.inserted_at],
      ]),
    );
  },
};

export const rm: CommandSpec = {
  name: 'delete',
  aliases: ['rm'],
  description: 'Delete a webhook; events that wait for it are no longer sent.',
  arguments: [ID],
  examples: [['garrison webhooks delete 0199a3f4-…', 'nothing is sent there now']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteWebhook(id);
    await invocation.print(sentenceView({ id, deleted: true }, `deleted ${id}`));
  },
};

export const pause: CommandSpec = {
  name: 'pause',
  description: 'Send nothing to a webhook for now; events wait.',
  arguments: [ID],
  options: [option('--reason <text>', 'shown with the webhook')],
  examples: [['garrison webhooks pause 0199a3f4-… --reason maintenance', 'until garrison webhooks resume']],
  run: async (invocation, id: string) => {
    const client = await invocation.edgeAdmin();
    const paused = await client.pauseWebhook(id, invocation.opts<{ reason?: string }>());
    await invocation.print(sentenceView(paused, `paused ${id}`));
  },
};

export const resume: CommandSpec = {
  name: 'resume',
  description: 'Go on sending to a webhook where it stopped.',
  arguments: [ID],
  examples: [['garrison webhooks resume 0199a3f4-…', 'what waited is sent now']],
  run: async (invocation, id: string) => {
    const resumed = await (await invocation.edgeAdmin()).resumeWebhook(id);
    await invocation.print(sentenceView(resumed, `resumed ${id}`));
  },
};
