import { usageError } from '../cli-error.ts';
import { argument, type CommandSpec, option } from '../command-spec.ts';
import type { Invocation } from '../invocation.ts';
import { factsView, sentenceView, tableView } from '../output/print-view.ts';
import {
  findProfileFile,
  listProfiles,
  namedProfileFile,
  type Profile,
  readProfile,
  UNNAMED,
  usedName,
  useName,
  writeProfile,
} from '../profile.ts';

const show: CommandSpec = {
  name: 'show',
  description: 'Show which controller and which keys are used, without the keys.',
  examples: [
    ['garrison profile show', 'what is used now'],
    ['garrison profile show --profile /var/lib/garrison', 'what the controller of that data directory wrote'],
  ],
  run: async (invocation) => {
    const file = await findProfileFile(invocation.options.profile, invocation.terminal);
    const found = await readProfile(file);
    const { api, edgeFleet, edgeAdmin, outposts, native, orgId, tenant, ca } = await invocation.credentials();
    const shown = {
      api,
      profile: found === undefined ? null : file,
      edge_fleet: hint(edgeFleet),
      edge_admin: hint(edgeAdmin),
      outposts: hint(outposts),
      native: hint(native),
      org: orgId ?? null,
      tenant: tenant ?? null,
      ca: ca ?? null,
    };
    await invocation.print(
      factsView(shown, [
        ['controller', api],
        ['profile', shown.profile ?? `none (${file} is not there)`],
        ['edge fleet', shown.edge_fleet],
        ['Edge Admin', shown.edge_admin],
        ['outposts', shown.outposts],
        ['all else', shown.native],
        ['organisation', shown.org],
        ['tenant', tenant],
        ['authority', ca],
      ]),
    );
  },
};

/** The end of a key, enough to tell two apart. */
function hint(key: string | undefined): string | null {
  return key === undefined ? null : `…${key.slice(-4)}`;
}

const save: CommandSpec = {
  name: 'save',
  description: 'Keep the controller and the keys of this command line, so that later ones need not say them.',
  options: [
    option('--name <name>', 'keep them under this name, beside the profiles there are'),
    option('--master', 'the key is the master key'),
    option('--arb', 'the key is one of an organisation'),
  ],
  examples: [
    ['garrison profile save --api https://garrison.example:7443 --ca ca.pem --key api_…', 'a controller elsewhere'],
    [
      'garrison profile save --name staging --api https://staging.example:7443 --key api_…',
      'one of several controllers',
    ],
    ['garrison profile save --token eyJ…', 'a token for the edge fleet, beside the keys that are kept'],
  ],
  run: async (invocation) => {
    const { master = false, arb = false, name } = invocation.opts<{ master?: boolean; arb?: boolean; name?: string }>();
    const { api, key, token, org, tenant, ca } = invocation.options;
    const file =
      name === undefined
        ? await findProfileFile(invocation.options.profile, invocation.terminal)
        : fileOf(name, invocation);
    const before = await readProfile(file);
    const address = api ?? before?.api ?? (name === undefined ? (await invocation.credentials()).api : undefined);
    if (address === undefined) throw usageError('which controller?', 'Give its address with --api URL.');
    const kept = before !== undefined && before.api === address ? before : undefined;
    const next: Profile = {
      ...kept,
      api: address,
      ...(key !== undefined && { [master ? 'masterKey' : arb ? 'arbKey' : 'apiKey']: key }),
      ...(token !== undefined && { edgeToken: token }),
      ...(org !== undefined && { orgId: org }),
      ...(tenant !== undefined && { tenant }),
      ...(ca !== undefined && { ca }),
    };
    await writeProfile(file, next);
    await invocation.print(sentenceView({ profile: file, api: address }, `${file} is for ${address} now`));
    if (name !== undefined) invocation.note(`garrison profile use ${name} makes it the one that is used`);
  },
};

function fileOf(name: string, { terminal }: Invocation): string {
  const file = namedProfileFile(name, terminal);
  if (file === undefined || name === UNNAMED)
    throw usageError(
      `${name} cannot be the name of a profile`,
      'It is of letters, digits, dots, hyphens and underscores.',
    );
  return file;
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the profiles of this user, without keys.',
  examples: [['garrison profile list', 'which controllers there are, and which one is used']],
  run: async (invocation) => {
    const used = (await usedName(invocation.terminal)) ?? UNNAMED;
    const found = await Promise.all(
      (await listProfiles(invocation.terminal)).map(async ({ name, file }) => {
        const profile = await readProfile(file).catch(() => undefined); // one of them is damaged, and listed all the same
        return { name, is_used: name === used, api: profile?.api ?? null, profile: file };
      }),
    );
    const columns = [
      { header: 'NAME', value: (one: (typeof found)[number]) => one.name },
      { header: 'USED', value: (one: (typeof found)[number]) => (one.is_used ? 'yes' : '') },
      { header: 'CONTROLLER', value: (one: (typeof found)[number]) => one.api },
      { header: 'FILE', value: (one: (typeof found)[number]) => one.profile, isFlexible: true },
    ];
    await invocation.print(
      tableView(found, columns, 'No profiles. garrison up writes one, and garrison profile save.'),
    );
  },
};

const use: CommandSpec = {
  name: 'use',
  description: 'Speak to the controller of a profile from now on.',
  arguments: [argument('<name>', `name of a profile; ${UNNAMED} is the one without a name`)],
  examples: [
    ['garrison profile use staging', 'every command goes there'],
    ['garrison profile use default', 'back to the one that the first garrison up wrote'],
  ],
  run: async (invocation, name: string) => {
    const profiles = await listProfiles(invocation.terminal);
    const found = profiles.find((one) => one.name === name);
    if (found === undefined) {
      const names = profiles.map((one) => one.name).join(', ') || 'none';
      throw usageError(
        `there is no profile called ${name}`,
        `There are: ${names}. garrison profile save --name makes one.`,
      );
    }
    const { api } = (await readProfile(found.file)) ?? { api: '' };
    await useName(name === UNNAMED ? undefined : name, invocation.terminal);
    await invocation.print(sentenceView({ name, profile: found.file, api }, `commands go to ${api} now`));
  },
};

export const command: CommandSpec = {
  name: 'profile',
  description: 'Which controller is spoken to, and with which keys.',
  examples: [['garrison profile show', 'where an order would go']],
  commands: [show, list, use, save],
};
