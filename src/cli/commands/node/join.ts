import { readFileSync } from 'node:fs';
import { CliError, usageError } from '../../cli-error.ts';
import { argument, type CommandSpec, option } from '../../command-spec.ts';
import { sentenceView } from '../../output/print-view.ts';
import type { Terminal } from '../../terminal.ts';
import { hostOptions, type NodeHostOptions } from './node-options.ts';

interface Options extends NodeHostOptions {
  readonly caSha256?: string;
  readonly caFile?: string;
  readonly rejoin?: boolean;
}

export const join: CommandSpec = {
  name: 'join',
  description: 'Make this machine a node. Its key is made here and never leaves it.',
  arguments: [
    argument('[key-or-url]', 'enrolment key or token, aegis-edge-enroll://…, or the URL of a controller'),
    argument('[key]', 'the key or token, after a URL; - reads it from standard input'),
  ],
  options: [
    option('--ca-sha256 <hash>', 'of the controller’s root certificate, where the key does not say it'),
    option('--ca-file <file>', 'the controller’s root certificate, PEM'),
    option('--rejoin', 'although this machine has joined: as the same node, which its old key proves'),
    ...hostOptions(),
  ],
  examples: [
    ['garrison node join eyJhZG1pbl91cmxzIjpb…', 'with a key of garrison keys create'],
    [
      'garrison edge enroll-token --output json | jq -r .token | garrison node join -',
      'without the token in the list of processes',
    ],
    ['garrison node join https://fleet.example:7071 KEY --label region=eu', 'at another address than the key says'],
  ],
  run: async (invocation, first: string | undefined, second: string | undefined) => {
    const options = invocation.opts<Options>();
    const { join } = await import('#daemon/enrolment/join.ts');
    const { openStateDir, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
    const { lockStateDir } = await import('#daemon/state-dir/lock-state-dir.ts');
    const { factsOfHost } = await import('#daemon/facts/facts-of-host.ts');
    const { secret, url } = await readSecret(first, second, invocation.terminal);
    const stateDir = openStateDir(options.stateDir ?? defaultStateDir(invocation.terminal.env));
    const lock = lockStateDir(stateDir);
    try {
      const facts = await factsOfHost(stateDir, {
        labels: options.label,
        programs: options.tool,
        env: invocation.terminal.env,
      });
      const identity = await join({
        stateDir,
        secret,
        facts,
        env: invocation.terminal.env,
        endpoints: [...(url === undefined ? [] : [url]), ...(options.endpoint ?? [])],
        name: options.name,
        caSha256: options.caSha256,
        caPem: options.caFile === undefined ? undefined : readPem(options.caFile),
        rejoin: options.rejoin,
      });
      const { nodeId, clusterName, endpoints } = identity;
      const described = { node_id: nodeId, cluster: clusterName, endpoints, state_dir: stateDir.path };
      const where = clusterName === '' ? '' : ` in the cluster ${clusterName}`;
      await invocation.print(sentenceView(described, `this machine is node ${nodeId}${where}`));
      invocation.note(
        'Start it with garrison node run, or at every start of the machine with garrison node service install.',
      );
    } finally {
      lock.release();
    }
  },
};

/** Reads the secret from the arguments, the standard input, or `ENROLLMENT_KEY`. */
async function readSecret(
  first: string | undefined,
  second: string | undefined,
  terminal: Terminal,
): Promise<{ secret: string; url: string | undefined }> {
  const isUrl = first !== undefined && second !== undefined;
  const given = (isUrl ? second : first) ?? terminal.env.ENROLLMENT_KEY;
  const secret = (given === '-' ? await terminal.readStdin() : (given ?? '')).trim();
  if (secret === '') {
    throw usageError(
      'no enrolment key or token was given',
      'Give one, or set ENROLLMENT_KEY. garrison keys create makes one.',
    );
  }
  return { secret, url: isUrl ? first : undefined };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new CliError(`cannot read ${file}: ${(cause as Error).message}`, { cause }); // fs throws errors
  }
}
