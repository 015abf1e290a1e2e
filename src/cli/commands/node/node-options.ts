import type { Option } from 'commander';
import { usageError } from '../../cli-error.ts';
import { option } from '../../command-spec.ts';

/** For options that may come several times. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

export function readPositive(what: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isFinite(number) && number > 0) return number;
    throw usageError(`${what} is a number above 0, not ${JSON.stringify(value)}`);
  };
}

export function stateDirOption(): Option[] {
  return [
    option(
      '--state-dir <dir>',
      'what the node keeps (GARRISON_STATE_DIR; default /var/lib/garrison-node for root, else ~/.local/state/garrison-node)',
    ),
  ];
}

/** What a node says of itself, and how it finds its controllers: the same for join, run and the service. */
export function hostOptions(): Option[] {
  return [
    ...stateDirOption(),
    option('--name <name>', 'what the node is called; default: what the key says, else the host name'),
    option('--label <key=value>', 'a label of this host; may come several times', collect),
    option('--tool <program>', 'a program that selectors look for, besides the well-known ones', collect),
    option('--endpoint <host:port>', 'a controller, in place of those in the key or bundle', collect),
  ];
}

export interface NodeHostOptions {
  readonly stateDir?: string;
  readonly name?: string;
  readonly label?: string[];
  readonly tool?: string[];
  readonly endpoint?: string[];
}
