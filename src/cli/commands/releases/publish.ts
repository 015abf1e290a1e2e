import { createReadStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { usageError } from '../../cli-error.ts';
import { argument, type CommandSpec } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';

export const publish: CommandSpec = {
  name: 'publish',
  description: 'Send a signed bundle to the controller, which verifies it and offers it to nodes.',
  arguments: [argument('<bundle>', 'the .tar.gz, with BUNDLE.minisig beside it')],
  examples: [
    ['garrison releases publish garrison-node-0.2.0-linux-x64.tar.gz', 'nodes go to it when they are asked to'],
  ],
  run: async (invocation, bundle: string) => {
    const signature = readSignatureOf(bundle);
    await stat(bundle).catch((cause: Error) => {
      throw usageError(`cannot read ${bundle}: ${cause.message}`);
    });
    const client = await invocation.native();
    const announced = await client.announceRelease(signature);
    const content = Readable.toWeb(createReadStream(bundle)) as ReadableStream<Uint8Array>; // of bytes
    const release = await client.sendRelease(announced.id, content);
    await invocation.print(
      sentenceView(release, `version ${release.version} for ${release.platform} is published (${release.id})`),
    );
  },
};

function readSignatureOf(bundle: string): string {
  try {
    return readFileSync(`${bundle}.minisig`, 'utf8');
  } catch {
    throw usageError(
      `there is no signature ${bundle}.minisig, and a controller accepts only signed bundles`,
      'garrison releases sign makes it, where the key is.',
    );
  }
}
