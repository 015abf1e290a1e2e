import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { EdgeAdminClient } from '#client/edge-admin/edge-admin-client.ts';
import type { SshUsername } from '#client/edge-admin/wire.ts';
import { collect } from '#client/walk-pages.ts';
import { CliError, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { type ListOptions, listOptions, listQuery } from '../../list-options.ts';
import { sentenceView, tableView } from '../../output/print-view.ts';
import { repeated } from '../../parse/read-pairs.ts';
import { resolveNodeUuid } from '../../resolve-node-uuid.ts';

interface ListedBy extends ListOptions {
  readonly node?: string;
}

interface AddOptions {
  readonly publicKey: readonly string[];
  readonly passwordFile?: string;
}

const ls: CommandSpec = {
  name: 'ls',
  aliases: ['list'],
  description: 'List who may sign in to nodes by SSH.',
  options: [option('--node <node>', 'of this machine, by name or id'), ...listOptions()],
  examples: [['garrison ssh-users ls --node web-1', 'who gets in to one machine']],
  run: async (invocation) => {
    const options = invocation.opts<ListedBy>();
    const nodeId = options.node === undefined ? undefined : await resolveNodeUuid(invocation, options.node);
    const client = await invocation.edgeAdmin();
    const found = await collect(client.sshUsernames(listQuery(options, { node_id: nodeId })), options.limit);
    await invocation.print(
      tableView(
        found,
        [
          { header: 'NAME', value: (user) => user.username },
          { header: 'PASSWORD', value: (user) => (user.has_password ? 'yes' : 'no') },
          {
            header: 'KEYS',
            value: (user) => user.public_keys.map(({ key_name }) => key_name).join(', '),
            isFlexible: true,
          },
          { header: 'NODE', value: (user) => user.node_id },
          { header: 'ID', value: (user) => user.id },
        ],
        'Nobody. garrison ssh-users add NODE NAME --public-key FILE lets somebody in.',
      ),
    );
  },
};

const add: CommandSpec = {
  name: 'add',
  description: 'Let somebody sign in to a node by SSH, with public keys, a password, or both.',
  arguments: [argument('<node>', 'name or id'), argument('<username>', 'the name to sign in with')],
  options: [
    option('--public-key <file>', 'a public key of OpenSSH; may be given again', repeated, []),
    option('--password-file <file>', 'its first line is the password'),
  ],
  examples: [
    ['garrison ssh-users add web-1 deploy --public-key ~/.ssh/id_ed25519.pub', 'deploy gets in with that key'],
  ],
  run: async (invocation, node: string, username: string) => {
    const { publicKey: key, passwordFile } = invocation.opts<AddOptions>();
    if (key.length === 0 && passwordFile === undefined)
      throw usageError(
        'say what the name signs in with',
        'A public key with --public-key FILE, or --password-file FILE.',
      );
    const client = await invocation.edgeAdmin();
    const user = await client.createSshUsername(await resolveNodeUuid(invocation, node), {
      username,
      ...(passwordFile !== undefined && { password: firstLine(passwordFile) }),
      public_keys: key.map((file) => ({ key_name: basename(file), public_key: firstLine(file) })),
    });
    await invocation.print(sentenceView(user, `${username} gets in to ${node}`));
  },
};

const keys: CommandSpec = {
  name: 'keys',
  description: 'The public keys of a name on a node; with --public-key, add one, with --remove, take one away.',
  arguments: [argument('<node>', 'name or id'), argument('<username>', 'the name to sign in with')],
  options: [
    option('--public-key <file>', 'add this public key; may be given again', repeated, []),
    option('--remove <name>', 'take away the key of this name'),
  ],
  examples: [
    ['garrison ssh-users keys web-1 deploy', 'which keys open it'],
    ['garrison ssh-users keys web-1 deploy --public-key new.pub --remove old.pub', 'a new key in place of an old one'],
  ],
  run: async (invocation, node: string, username: string) => {
    const { publicKey: key, remove } = invocation.opts<{
      readonly publicKey: readonly string[];
      readonly remove?: string;
    }>();
    const client = await invocation.edgeAdmin();
    const user = await find(invocation, client, { node, username });
    for (const file of key)
      await client.createSshPublicKey(user.id, { key_name: basename(file), public_key: firstLine(file) });
    const old = user.public_keys.find(({ key_name }) => key_name === remove);
    if (remove !== undefined && old === undefined)
      throw new CliError(`${username} has no key ${remove} on ${node}`, {
        advice: 'garrison ssh-users keys shows them.',
      });
    if (old !== undefined) await client.deleteSshPublicKey(old.id);
    const { public_keys: left } = key.length === 0 && old === undefined ? user : await client.sshUsername(user.id);
    await invocation.print(
      tableView(
        left,
        [
          { header: 'NAME', value: (one) => one.key_name },
          { header: 'KEY', value: (one) => one.public_key, isFlexible: true },
          { header: 'ID', value: (one) => one.id },
        ],
        'No keys.',
      ),
    );
  },
};

const rm: CommandSpec = {
  name: 'rm',
  aliases: ['remove'],
  description: 'Remove a name, so that nobody signs in with it. Its open sessions end.',
  arguments: [argument('<node>', 'name or id'), argument('<username>', 'the name to sign in with')],
  examples: [['garrison ssh-users rm web-1 deploy', 'its keys and its password open nothing now']],
  run: async (invocation, node: string, username: string) => {
    const client = await invocation.edgeAdmin();
    const { id } = await find(invocation, client, { node, username });
    await client.deleteSshUsername(id);
    await invocation.print(sentenceView({ id, removed: true }, `${username} can no longer sign in to ${node}`));
  },
};

export const command: CommandSpec = {
  name: 'ssh-users',
  description: 'Who may sign in to nodes by SSH.',
  examples: [['garrison ssh-users ls', 'everybody, on every machine']],
  commands: [ls, add, keys, rm],
};

async function find(
  invocation: Invocation,
  client: EdgeAdminClient,
  { node, username }: { readonly node: string; readonly username: string },
): Promise<SshUsername> {
  const nodeId = await resolveNodeUuid(invocation, node);
  const [user] = await collect(client.sshUsernames({ node_id: nodeId, username }), 1);
  if (user !== undefined) return user;
  throw new CliError(`${username} is not a name to sign in with on ${node}`, {
    advice: 'garrison ssh-users ls shows who is.',
  });
}

function firstLine(file: string): string {
  return readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? '';
}
