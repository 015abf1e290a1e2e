import { usageError } from '../../cli-error.ts';
import { type CommandSpec, option } from '../../command-spec.ts';

interface SshConfigOptions {
  readonly user?: string;
}

export const command: CommandSpec = {
  name: 'ssh-config',
  description:
    'Print a block for the configuration of OpenSSH: ssh, scp, sftp, rsync and git then reach the SSH server of every node by its name, without a port of the node that is open.',
  options: [option('--user <name>', 'who to sign in as, where the command line does not say')],
  examples: [
    ['garrison ssh-config >> ~/.ssh/config', 'for every ssh of yours'],
    ['ssh node-ID.cluster-NAME.nm.internal', 'then reaches a node by its name'],
  ],
  run: async (invocation) => {
    const { user } = invocation.opts<SshConfigOptions>();
    const { profile } = invocation.options;
    invocation.terminal.stdout.write(
      [
        'Host *.cluster-*.nm.internal',
        `  ProxyCommand garrison ${profile === undefined ? '' : `--profile ${word(profile)} `}tunnel --stdio %h:%p`,
        ...(user === undefined ? [] : [`  User ${word(user)}`]),
        '',
      ].join('\n'),
    );
  },
};

/** OpenSSH gives the line to a shell and puts something in for %: only what neither of them reads is taken. */
function word(text: string): string {
  if (/^[\w./@+][\w./@+-]*$/.test(text)) return text;
  throw usageError(
    `${JSON.stringify(text)} cannot stand in a configuration of OpenSSH`,
    'Letters, digits and . _ / @ + - can.',
  );
}
