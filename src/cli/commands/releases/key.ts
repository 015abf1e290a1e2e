import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CliError, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';

const generate: CommandSpec = {
  name: 'generate',
  description: 'Make a key to sign releases with: FILE is secret, FILE.pub is for the controller and for nodes.',
  arguments: [argument('<file>', 'where the secret key goes')],
  examples: [['garrison releases key generate release.key', 'on the machine that signs, which is no controller']],
  run: async (invocation, file: string) => {
    if (existsSync(file)) throw usageError(`${file} exists already; a key that is overwritten cannot be recovered`);
    const { generateSecretKey } = await import('#runtime/minisign/secret-key.ts');
    const { secretText, publicText } = generateSecretKey();
    writeFileSync(file, secretText, { mode: 0o600, flag: 'wx' });
    writeFileSync(`${file}.pub`, publicText);
    const data = { secret_key: file, public_key: `${file}.pub` };
    await invocation.print(sentenceView(data, `${file} signs releases, ${file}.pub verifies them`));
  },
};

const set: CommandSpec = {
  name: 'set',
  description: 'Set the public key that releases are judged by. Nodes that join from now on keep it.',
  arguments: [argument('<file>', 'the public key')],
  examples: [['garrison releases key set release.key.pub', 'before the first release is published']],
  run: async (invocation, file: string) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      throw new CliError(`cannot read ${file}: ${(cause as Error).message}`, { cause }); // fs throws errors
    }
    const key = await (await invocation.native()).setReleaseKey(text);
    await invocation.print(sentenceView(key, `releases are judged by ${key.public_key} from now on`));
  },
};

const show: CommandSpec = {
  name: 'show',
  description: 'Show the public key that releases are judged by.',
  examples: [['garrison releases key show', 'as minisign -P takes it']],
  run: async (invocation) => {
    const key = await (await invocation.native()).releaseKey();
    await invocation.print(sentenceView(key, key.public_key));
  },
};

export const key: CommandSpec = {
  name: 'key',
  description: 'The key that releases are signed with; its secret half is on no controller.',
  examples: [['garrison releases key show', 'what this installation goes by']],
  commands: [generate, set, show],
};
