import type { Outpost } from '#client/org-outposts/org-outposts-client.ts';
import { argument, type CommandSpec, option, requiredOption } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';
import { paintStatus } from '../../output/paint.ts';
import { factsView, sentenceView, tableView, type View } from '../../output/print-view.ts';
import { prepareBundleDirectory, writeBundle } from './bundle-directory.ts';
import { addressesFor, addressOptions } from './bundle-options.ts';
import { resolveOutpostId } from './resolve-outpost-id.ts';
import { watch } from './watch.ts';

function outpostsView(outposts: readonly Outpost[], invocation: Invocation): View {
  return tableView(
    outposts,
    [
      { header: 'NAME', value: (one) => one.outpost_name },
      { header: 'ID', value: (one) => one.id },
      { header: 'STATUS', value: (one) => one.status, paint: (text) => paintStatus(invocation.paint, text) },
      { header: 'REGION', value: (one) => one.region, isFlexible: true },
      { header: 'ENVIRONMENT', value: (one) => one.deployment_env, isFlexible: true },
      { header: 'VERSION', value: (one) => one.outpost_version, isFlexible: true },
      { header: 'SEEN', value: (one) => invocation.ago(one.last_seen) },
      { header: 'CERTIFICATE ENDS', value: (one) => invocation.ago(one.cert_expires_at) },
    ],
    'No outposts. garrison outposts register NAME --region R --out DIR registers one.',
  );
}

function outpostView(one: Outpost, invocation: Invocation): View {
  return factsView(one, [
    ['name', one.outpost_name],
    ['id', one.id],
    ['organisation', one.org_id],
    ['status', paintStatus(invocation.paint, one.status)],
    ['region', one.region],
    ['environment', one.deployment_env],
    ['registered', invocation.ago(one.created_at)],
    ['seen', invocation.ago(one.last_seen)],
    ['certificate', `issued ${invocation.ago(one.cert_issued_at)}, ends ${invocation.ago(one.cert_expires_at)}`],
    ['deregistered', one.deregistered_at === null ? undefined : invocation.ago(one.deregistered_at)],
    ['version', one.outpost_version],
    ['policy', one.policy_version],
    ['DLP model', one.dlp_model_version],
    ['pending events', one.pending_audit_events],
    ['tier 3', one.tier3_active === null ? null : one.tier3_active ? 'active' : 'off'],
  ]);
}

const list: CommandSpec = {
  name: 'list',
  aliases: ['ls'],
  description: 'List the outposts of an organisation, deregistered ones too.',
  examples: [
    ['garrison outposts list', 'those of the organisation in the profile'],
    ['garrison outposts list --org 0199a3f4-… --output json', 'those of another'],
  ],
  run: async (invocation) => {
    const { client, orgId } = await invocation.outposts();
    await invocation.print(outpostsView(await client.list(orgId), invocation));
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show one outpost.',
  arguments: [argument('<outpost>', 'name or id')],
  examples: [['garrison outposts show eu-1', 'its state, its certificate, its last heartbeat']],
  run: async (invocation, nameOrId: string) => {
    const { client, orgId } = await invocation.outposts();
    const id = await resolveOutpostId(client, orgId, nameOrId);
    await invocation.print(outpostView(await client.get(orgId, id), invocation));
  },
};

interface Options {
  readonly region: string;
  readonly env?: string;
  readonly out: string;
  readonly force?: boolean;
}

const register: CommandSpec = {
  name: 'register',
  description:
    'Register an outpost and write its certificate and key into a directory. The controller keeps no copy of the key.',
  arguments: [argument('<name>', 'name of the outpost')],
  options: [
    requiredOption('--region <region>', 'where it stands, such as us-east-1'),
    requiredOption('--out <dir>', 'directory for outpost.pem, outpost.key, ca.pem and outpost.json'),
    option('--env <text>', 'network or account it is in'),
    option('--force', 'replace a bundle that is there'),
    ...addressOptions(),
  ],
  examples: [
    ['garrison outposts register eu-1 --region eu-central-1 --out ./eu-1', 'and copy the directory to its machine'],
    ['garrison outposts register eu-2 --region eu-central-1 --env vpc-0abc --out ./eu-2', 'with the network it is in'],
  ],
  run: async (invocation, name: string) => {
    const { region, env, out, force = false } = invocation.opts<Options>();
    const { client, orgId } = await invocation.outposts();
    await prepareBundleDirectory(out, { replace: force });
    const fields = { outpost_name: name, region, ...(env !== undefined && { deployment_env: env }) };
    const bundle = await client.register(orgId, fields);
    await writeBundle(out, bundle, await addressesFor(invocation));
    await invocation.print(
      sentenceView({ ...bundle.outpost, directory: out }, `registered ${name} (${bundle.outpost.id})`),
    );
    invocation.note(`Its bundle is in ${out}. On the machine: garrison node run --bundle ${out}`);
  },
};

const renew: CommandSpec = {
  name: 'renew',
  description: 'Issue a new certificate and key. The old certificate works until its own end.',
  arguments: [argument('<outpost>', 'name or id')],
  options: [
    requiredOption('--out <dir>', 'directory for the bundle; one that is there is replaced'),
    ...addressOptions(),
  ],
  examples: [['garrison outposts renew eu-1 --out ./eu-1', 'into the same directory']],
  run: async (invocation, nameOrId: string) => {
    const { out } = invocation.opts<{ out: string }>();
    const { client, orgId } = await invocation.outposts();
    const id = await resolveOutpostId(client, orgId, nameOrId);
    await prepareBundleDirectory(out, { replace: true });
    const bundle = await client.renew(orgId, id);
    await writeBundle(out, bundle, await addressesFor(invocation));
    const sentence = `renewed ${bundle.outpost.outpost_name}, until ${bundle.outpost.cert_expires_at}`;
    await invocation.print(sentenceView({ ...bundle.outpost, directory: out }, sentence));
  },
};

const deregister: CommandSpec = {
  name: 'deregister',
  description: 'Deregister an outpost for good: every certificate of it is revoked, its record stays.',
  arguments: [argument('<outpost>', 'name or id')],
  examples: [['garrison outposts deregister eu-1', 'it is out within two seconds']],
  run: async (invocation, nameOrId: string) => {
    const { client, orgId } = await invocation.outposts();
    const id = await resolveOutpostId(client, orgId, nameOrId);
    await client.deregister(orgId, id);
    await invocation.print(sentenceView({ id, deregistered: true }, `deregistered ${nameOrId}`));
  },
};

export const command: CommandSpec = {
  name: 'outposts',
  description: 'Outposts of an organisation and their certificates.',
  examples: [['garrison outposts register eu-1 --region eu-central-1 --out ./eu-1', 'a new one']],
  commands: [list, show, register, renew, deregister, watch],
};
