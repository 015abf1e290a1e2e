import { usageError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';
import type { Invocation } from '../../invocation.ts';

interface SshConfigOptions {
  readonly user?: string;
  readonly ofHost?: boolean;
  readonly knownHosts?: boolean;
}

export const command: CommandSpec = {
  name: 'ssh-config',
  description:
    'Print a block for the configuration of OpenSSH: ssh, scp, sftp, rsync and git then reach the SSH server that every node has of its own, by the name of the node and without a port of it that is open.',
  options: [
    option('--user <name>', 'who to sign in as, where the command line does not say'),
    option('--of-host', 'the SSH server that the host has beside, on the port that ssh asks for'),
    option('--known-hosts', 'print the host keys of all nodes instead, as lines of known_hosts'),
  ],
  examples: [
    ['garrison ssh-config >> ~/.ssh/config', 'for every ssh of yours'],
    ['garrison ssh-config --known-hosts >> ~/.ssh/known_hosts', 'and whom it may believe'],
    ['ssh node-ID.cluster-NAME.nm.internal', 'then reaches a node by its name'],
  ],
  run: async (invocation) => {
    const { user, ofHost, knownHosts } = invocation.opts<SshConfigOptions>();
    if (knownHosts) return printKnownHosts(invocation);
    const { profile } = invocation.options;
    invocation.terminal.stdout.write(
      [
        'Host *.cluster-*.nm.internal',
        `  ProxyCommand garrison ${profile === undefined ? '' : `--profile ${word(profile)} `}tunnel --stdio ${ofHost ? '%h:%p' : '%h'}`,
        ...(user === undefined ? [] : [`  User ${word(user)}`]),
        '',
      ].join('\n'),
    );
  },
};

async function printKnownHosts(invocation: Invocation): Promise<void> {
  const client = await invocation.edgeAdmin();
  for await (const { vpn_hostname: name, ssh_host_keys: keys } of client.nodes()) {
    for (const key of keys.filter(isHostKey)) invocation.terminal.stdout.write(`${name} ${key}\n`);
  }
}

/** A node says its keys itself: what is no key might be another line. */
function isHostKey(line: string): boolean {
  return /^[a-z0-9@.-]{1,64} [A-Za-z0-9+/]{16,4096}={0,2}$/.test(line);
}

/** OpenSSH gives the line to a shell and puts something in for %: only what neither of them reads is taken. */
function word(text: string): string {
  if (/^[\w./@+][\w./@+-]*$/.test(text)) return text;
  throw usageError(
    `${JSON.stringify(text)} cannot stand in a configuration of OpenSSH`,
    'Letters, digits and . _ / @ + - can.',
  );
}
