import { ApiError } from '#client/api-error.ts';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import type { EnrollmentKey, EnrollmentKeyFields } from '#client/edge-admin/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { usageError } from '../cli-error.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';
import { type ListOptions, listOptions, listQuery } from '../list-options.ts';
import { factsView, sentenceView, tableView, type View } from '../output/print-view.ts';
import { readInstantOrNever } from '../parse/read-instant.ts';
import { numberOr } from '../parse/read-number.ts';
import { repeated } from '../parse/read-pairs.ts';

/** A list is looked at over shoulders, so the key itself is left out unless it is asked for. */
function withoutKey(
  { key, ...rest }: EnrollmentKey,
  showSecrets = false,
): Omit<EnrollmentKey, 'key'> & { key?: string } {
  return showSecrets ? { ...rest, key } : rest;
}

function usesOf({ uses_remaining }: Pick<EnrollmentKey, 'uses_remaining'>): string {
  return uses_remaining === null ? 'unlimited' : String(uses_remaining);
}

function keyView(key: EnrollmentKey, invocation: Invocation): View {
  return factsView(key, [
    ['id', key.id],
    ['name', key.name],
    ['cluster', key.cluster_name],
    ['tags', key.tags.join(', ')],
    ['uses left', usesOf(key)],
    ['expires', invocation.ago(key.expired_at)],
    ['last used', invocation.ago(key.last_used_at)],
    ['created', invocation.ago(key.inserted_at)],
    ['key', key.key],
  ]);
}

interface KeyListOptions extends ListOptions {
  readonly cluster?: string;
  readonly showSecrets?: boolean;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the enrolment keys.',
  options: [
    option('--cluster <name>', 'keys of this cluster'),
    option('--show-secrets', 'the keys themselves too, in JSON and YAML'),
    ...listOptions(),
  ],
  examples: [
    ['garrison keys list', 'every key, without its secret'],
    ['garrison keys list --cluster staging --where is_spent=false', 'those of a cluster that still work'],
  ],
  run: async (invocation) => {
    const options = invocation.opts<KeyListOptions>();
    const client = await invocation.edgeAdmin();
    const query = listQuery(options, { cluster_name: options.cluster });
    const found = await collect(client.enrollmentKeys(query), options.limit);
    await invocation.print(
      tableView(
        found.map((key) => withoutKey(key, options.showSecrets)),
        [
          { header: 'ID', value: (key) => key.id },
          { header: 'NAME', value: (key) => key.name, isFlexible: true },
          { header: 'CLUSTER', value: (key) => key.cluster_name, isFlexible: true },
          { header: 'USES LEFT', value: usesOf, isNumber: true },
          { header: 'EXPIRES', value: (key) => invocation.ago(key.expired_at) },
          { header: 'LAST USED', value: (key) => invocation.ago(key.last_used_at) },
          { header: 'CREATED', value: (key) => invocation.ago(key.inserted_at) },
        ],
        'No enrolment keys. garrison keys create makes one.',
      ),
    );
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one enrolment key, with the key itself.',
  arguments: [argument('<id>', 'id of the key')],
  examples: [['garrison keys show 0199a3f4-…', 'to join one more machine with it']],
  run: async (invocation, id: string) => {
    await invocation.print(keyView(await (await invocation.edgeAdmin()).enrollmentKey(id), invocation));
  },
};

interface CreateOptions {
  readonly cluster?: string;
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly uses?: number | 'unlimited';
  readonly expires?: string;
}

const create: CommandSpec = {
  name: 'create',
  description: 'Create an enrolment key and print it.',
  options: [
    option('--cluster <name>', 'cluster the machines go into (default: the default cluster, or the only one there is)'),
    option('--name <text>', 'what it is for'),
    option('--tag <tag>', 'what machines are tagged with when they join; may be repeated', repeated),
    option('--uses <n>', 'machines it may join, or unlimited (default: 1)', numberOr('unlimited')),
    option('--expires <time>', 'a time from now such as 2h, a date, or never (default)', readInstantOrNever),
  ],
  examples: [
    ['garrison keys create', 'joins one machine'],
    ['garrison keys create --cluster edge-eu --uses 200 --expires 7d --name rollout', 'for a rollout'],
    ['garrison keys create --tag web --uses 20', 'machines that are in the groups of this tag at once'],
    ['ENROLLMENT_KEY=$(garrison keys create) garrison node run', 'a key made and used at once'],
  ],
  run: async (invocation) => {
    const { cluster, name, tag, uses, expires } = invocation.opts<CreateOptions>();
    const client = await invocation.edgeAdmin();
    const key = await createWhereItFits(client, cluster, {
      ...(name !== undefined && { name }),
      ...(tag !== undefined && { tags: [...tag] }),
      ...(uses !== undefined && { uses_remaining: uses === 'unlimited' ? null : uses }),
      ...(expires !== undefined && { expired_at: expires === 'never' ? null : expires }),
    });
    await invocation.print(sentenceView(key, key.key));
    invocation.note(
      `For ${key.cluster_name}. On the machine: ENROLLMENT_KEY='…' garrison node run, with the key for the dots.`,
    );
  },
};

/** In the cluster that is named, else in the default cluster, else where there is no choice. */
async function createWhereItFits(
  client: EdgeAdminClient,
  cluster: string | undefined,
  fields: EnrollmentKeyFields,
): Promise<EnrollmentKey> {
  try {
    return await client.createEnrollmentKey(cluster, fields);
  } catch (error) {
    const hasNoDefault = cluster === undefined && error instanceof ApiError && error.status === 403;
    if (!hasNoDefault) throw error;
    const names = (await collect(client.clusters({}), 20)).map(({ name }) => name);
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return client.createEnrollmentKey(only, fields);
    throw usageError(
      'this controller has no default cluster',
      names.length === 0
        ? 'Make one: garrison clusters create NAME. Or issue a token, which needs none: garrison edge enroll-token.'
        : `Name one with --cluster: ${names.join(', ')}.`,
    );
  }
}

interface UpdateOptions {
  readonly name?: string;
  readonly tag?: readonly string[];
  readonly uses?: number | 'unlimited';
  readonly expires?: string;
}

const update: CommandSpec = {
  name: 'update',
  description: 'Change what an enrolment key is for and how long it works.',
  arguments: [argument('<id>', 'id of the key')],
  options: [
    option('--name <text>', 'what it is for; empty clears it'),
    option('--tag <tag>', 'what machines are tagged with from now on; may be repeated, --tag "" for none', repeated),
    option('--uses <n>', 'machines it may still join, or unlimited', numberOr('unlimited')),
    option('--expires <time>', 'a time from now such as 2h, a date, or never', readInstantOrNever),
  ],
  examples: [
    ['garrison keys update 0199a3f4-… --uses 10', 'ten machines more'],
    ['garrison keys update 0199a3f4-… --expires 1h', 'it works for another hour'],
  ],
  run: async (invocation, id: string) => {
    const { name, tag, uses, expires } = invocation.opts<UpdateOptions>();
    if (name === undefined && tag === undefined && uses === undefined && expires === undefined) {
      throw usageError('nothing to change', 'Give --name, --tag, --uses or --expires.');
    }
    const client = await invocation.edgeAdmin();
    const key = await client.updateEnrollmentKey(id, {
      ...(name !== undefined && { name: name || null }),
      ...(tag !== undefined && { tags: tag.filter((each) => each !== '') }),
      ...(uses !== undefined && { uses_remaining: uses === 'unlimited' ? null : uses }),
      ...(expires !== undefined && { expired_at: expires === 'never' ? null : expires }),
    });
    await invocation.print(sentenceView(withoutKey(key), `changed ${id}`));
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove an enrolment key. Machines that joined with it stay.',
  arguments: [argument('<id>', 'id of the key')],
  examples: [['garrison keys rm 0199a3f4-…', 'nobody can join with it now']],
  run: async (invocation, id: string) => {
    await (await invocation.edgeAdmin()).deleteEnrollmentKey(id);
    await invocation.print(sentenceView({ id, removed: true }, `removed ${id}`));
  },
};

export const command: CommandSpec = {
  name: 'keys',
  description: 'Enrolment keys: what machines join a cluster with.',
  examples: [['garrison keys create', 'a key for one machine']],
  commands: [list, show, create, update, rm],
};
