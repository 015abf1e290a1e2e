import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { prepareBundleDirectory, writeBundle } from './bundle-directory.ts';
import { addAddressOptions, addressesFor } from './bundle-options.ts';

interface Options {
  readonly region: string;
  readonly env?: string;
  readonly out: string;
  readonly force?: boolean;
}

export function addRegister(outposts: Command, terminal: Terminal): void {
  const command = outposts
    .command('register')
    .description(
      'Register an outpost and write its certificate and key into a directory. The controller keeps no copy of the key.',
    )
    .argument('<name>', 'name of the outpost')
    .requiredOption('--region <region>', 'where it stands, such as us-east-1')
    .requiredOption('--out <dir>', 'directory for outpost.pem, outpost.key, ca.pem and outpost.json')
    .option('--env <text>', 'network or account it is in')
    .option('--force', 'replace a bundle that is there')
    .action(
      act(terminal, async (invocation, name: string) => {
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
      }),
    );
  addAddressOptions(command);
  addExamples(command, [
    ['garrison outposts register eu-1 --region eu-central-1 --out ./eu-1', 'and copy the directory to its machine'],
    ['garrison outposts register eu-2 --region eu-central-1 --env vpc-0abc --out ./eu-2', 'with the network it is in'],
  ]);
}
