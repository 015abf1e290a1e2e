import type { Command } from 'commander';
import { addExamples } from '../../help.ts';
import { act } from '../../invocation.ts';
import { factsView } from '../../output/print-view.ts';
import { findProfileFile, readProfile } from '../../profile.ts';
import type { Terminal } from '../../terminal.ts';

export function addShow(profile: Command, terminal: Terminal): void {
  const command = profile
    .command('show')
    .description('Show which controller and which keys are used, without the keys.')
    .action(
      act(terminal, async (invocation) => {
        const file = await findProfileFile(invocation.options.profile, terminal);
        const found = await readProfile(file);
        const { api, edgeFleet, edgeAdmin, outposts, native, orgId, tenant, ca } = await invocation.credentials();
        const shown = {
          api,
          profile: found === undefined ? null : file,
          edge_fleet: hint(edgeFleet),
          edge_admin: hint(edgeAdmin),
          outposts: hint(outposts),
          native: hint(native),
          org: orgId ?? null,
          tenant: tenant ?? null,
          ca: ca ?? null,
        };
        await invocation.print(
          factsView(shown, [
            ['controller', api],
            ['profile', shown.profile ?? `none (${file} is not there)`],
            ['edge fleet', shown.edge_fleet],
            ['Edge Admin', shown.edge_admin],
            ['outposts', shown.outposts],
            ['all else', shown.native],
            ['organisation', shown.org],
            ['tenant', tenant],
            ['authority', ca],
          ]),
        );
      }),
    );
  addExamples(command, [
    ['garrison profile show', 'what is used now'],
    ['garrison profile show --profile /var/lib/garrison', 'what the controller of that data directory wrote'],
  ]);
}

/** The end of a key, enough to tell two apart. */
function hint(key: string | undefined): string | null {
  return key === undefined ? null : `…${key.slice(-4)}`;
}
