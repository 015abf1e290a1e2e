import { readFileSync, writeFileSync } from 'node:fs';
import { CliError, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import { wholeNumber } from '../../parse/read-number.ts';

interface Options {
  readonly counter?: number;
  readonly passwordFile?: string;
}

export const sign: CommandSpec = {
  name: 'sign',
  description:
    'Sign a bundle of npm run build: BUNDLE.minisig says what it is, and minisign -V verifies it. --key names the file of the secret key, as minisign -G or garrison releases key generate makes it.',
  arguments: [argument('<bundle>', 'the .tar.gz')],
  options: [
    option(
      '--counter <n>',
      'higher than that of every release before; default: the seconds since 1970',
      wholeNumber(1),
    ),
    option('--password-file <file>', 'the password of the key is its first line'),
  ],
  examples: [
    [
      'garrison releases sign --key release.key garrison-node-0.2.0-linux-x64.tar.gz',
      'keep the key away from controllers',
    ],
    ['minisign -V -p release.pub -m garrison-node-0.2.0-linux-x64.tar.gz', 'somebody else looks at it'],
  ],
  run: async (invocation, bundle: string) => {
    const { counter = Math.floor(invocation.terminal.now().getTime() / 1_000), passwordFile } =
      invocation.opts<Options>();
    const { key } = invocation.options;
    if (key === undefined) throw usageError('no secret key was named', 'Name its file with --key.');
    const { readSecretKey, signDigest } = await import('#runtime/minisign/secret-key.ts');
    const { inspectBundle } = await import('#protocol/releases/inspect-bundle.ts');
    const { writeManifest } = await import('#protocol/releases/manifest.ts');
    const password = passwordFile === undefined ? undefined : readFile(passwordFile).split('\n', 1)[0];
    const secret = told(() => readSecretKey(readFile(key), password), key);
    const { manifest, blake2b512 } = await inspectBundle(bundle).catch((error: Error) => {
      throw new CliError(`${bundle} cannot be signed: ${error.message}`, { cause: error });
    });
    const comment = writeManifest({ ...manifest, counter });
    writeFileSync(`${bundle}.minisig`, signDigest(secret, blake2b512, comment));
    const data = { ...manifest, counter, signature: `${bundle}.minisig`, public_key: secret.publicText };
    await invocation.print(
      sentenceView(data, `signed version ${manifest.version} for ${manifest.platform} (${bundle}.minisig)`),
    );
  },
};

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`cannot read ${file}: ${(cause as Error).message}`, { cause }); // fs throws errors
  }
}

function told<T>(read: () => T, file: string): T {
  try {
    return read();
  } catch (error) {
    throw usageError(
      `${file}: ${(error as Error).message}`,
      'Give the password with --password-file where there is one.',
    );
  }
}
