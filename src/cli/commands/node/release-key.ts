import { readFileSync } from 'node:fs';
import { CliError } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { stateDirOption } from './node-options.ts';

interface Options {
  readonly stateDir?: string;
}

const set: CommandSpec = {
  name: 'set',
  description: 'Set the key that releases for this node have to be signed with. Nobody but this host can.',
  arguments: [argument('<file>', 'the public key, as minisign has it')],
  options: stateDirOption(),
  examples: [['garrison node release-key set release.key.pub', 'for a node that joined before there was one']],
  run: async (invocation, file: string) => {
    const { pinReleaseKey } = await import('#daemon/updates/release-key.ts');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new CliError(`cannot read ${file}: ${(cause as Error).message}`, { cause }); // fs throws errors
    }
    const key = pinReleaseKey(await stateDirOf(invocation.opts<Options>(), invocation.terminal.env), text);
    await invocation.print(sentenceView({ public_key: key.text }, `releases have to be signed with ${key.text}`));
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show the key that releases for this node have to be signed with.',
  options: stateDirOption(),
  examples: [['garrison node release-key show', 'what is pinned here']],
  run: async (invocation) => {
    const { pinnedReleaseKey } = await import('#daemon/updates/release-key.ts');
    const { ownPackage } = await import('#runtime/own-package.ts');
    const stateDir = await stateDirOf(invocation.opts<Options>(), invocation.terminal.env);
    const key = pinnedReleaseKey(stateDir, ownPackage.root);
    const said = key?.text ?? 'none: this node refuses every release until one is set';
    await invocation.print(sentenceView({ public_key: key?.text ?? null }, said));
  },
};

async function stateDirOf({ stateDir }: Options, env: Readonly<Record<string, string | undefined>>) {
  const { defaultStateDir, openStateDir } = await import('#daemon/state-dir/state-dir.ts');
  return openStateDir(stateDir ?? defaultStateDir(env));
}

export const releaseKey: CommandSpec = {
  name: 'release-key',
  description: 'The key that releases for this node are signed with.',
  examples: [['garrison node release-key show', 'what is pinned here']],
  commands: [set, show],
};
