import { usageError } from '../cli-error.ts';
import { type CommandSpec, option } from '../command-spec.ts';
import { factsView, sentenceView } from '../output/print-view.ts';
import { findProfileFile, type Profile, readProfile, writeProfile } from '../profile.ts';

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
  options: [option('--master', 'the key is the master key'), option('--arb', 'the key is one of an organisation')],
  examples: [
    ['garrison profile save --api https://garrison.example:7443 --ca ca.pem --key api_…', 'a controller elsewhere'],
    ['garrison profile save --token eyJ…', 'a token for the edge fleet, beside the keys that are kept'],
  ],
  run: async (invocation) => {
    const { master = false, arb = false } = invocation.opts<{ master?: boolean; arb?: boolean }>();
    const { api, key, token, org, tenant, ca } = invocation.options;
    const file = await findProfileFile(invocation.options.profile, invocation.terminal);
    const before = await readProfile(file);
    const address = api ?? before?.api;
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
  },
};

export const command: CommandSpec = {
  name: 'profile',
  description: 'Which controller is spoken to, and with which keys.',
  examples: [['garrison profile show', 'where an order would go']],
  commands: [show, save],
};
