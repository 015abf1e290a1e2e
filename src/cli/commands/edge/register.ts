import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import type { Terminal } from '../../terminal.ts';
import { addEnrollToken } from './enroll-token.ts';
import { registerFleet } from './fleet/register.ts';
import { registerGroup } from './group/register.ts';
import { registerKeys } from './keys.ts';
import { addLogout } from './logout.ts';
import { addLs } from './ls.ts';
import { registerOnThisHost } from './on-this-host.ts';
import { addRename } from './rename.ts';
import { addRevoke } from './revoke.ts';
import { addShow } from './show.ts';
import { registerTag } from './tag.ts';
import { registerTokens } from './tokens/register.ts';

/** A command for every operation of the edge-fleet surface (seed 003), in its words. */
export function register(parent: Command, terminal: Terminal): void {
  const edge = parent.command('edge').description('The edge fleet: every operation of /v1/edge.');
  addEnrollToken(edge, terminal);
  registerTokens(edge, terminal);
  addLs(edge, terminal);
  addShow(edge, terminal);
  addRename(edge, terminal);
  registerTag(edge, terminal);
  addRevoke(edge, terminal);
  registerGroup(edge, terminal);
  registerFleet(edge, terminal);
  registerOnThisHost(edge, terminal);
  registerKeys(edge, terminal);
  addLogout(edge, terminal);
  addExamples(edge, [
    ['garrison edge ls', 'every host'],
    ['garrison edge fleet run --on tags=web -- uptime', 'a command on some of them'],
  ]);
}
