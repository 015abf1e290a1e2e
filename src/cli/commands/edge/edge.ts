import type { CommandSpec } from '../../command-spec.ts';
import { fleet } from './fleet.ts';
import { group } from './group.ts';
import { ls, rename, revoke, show } from './hosts.ts';
import { keys } from './keys.ts';
import { logout } from './logout.ts';
import { onThisHost } from './on-this-host.ts';
import { tag } from './tag.ts';
import { enrollToken, tokens } from './tokens.ts';

/** A command for every operation of the edge-fleet surface (seed 003), in its words. */
export const command: CommandSpec = {
  name: 'edge',
  description: 'The edge fleet: every operation of /v1/edge.',
  examples: [
    ['garrison edge ls', 'every host'],
    ['garrison edge fleet run --on tags=web -- uptime', 'a command on some of them'],
  ],
  commands: [enrollToken, tokens, ls, show, rename, tag, revoke, group, fleet, ...onThisHost, keys, logout],
};
