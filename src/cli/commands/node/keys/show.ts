import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { factsView } from '../../../output/print-view.ts';
import type { Terminal } from '../../../terminal.ts';
import { addStateDir } from '../node-options.ts';

export function addShow(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('show')
    .description(
      'Show the key and certificate of this machine, and how far a rotation is. The key itself is not shown.',
    );
  addStateDir(command).action(
    act(terminal, async (invocation) => {
      const { stateDir } = invocation.opts<{ stateDir?: string }>();
      const { describeKey } = await import('#daemon/identity/describe-key.ts');
      const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
      const key = describeKey(stateDirAt(stateDir ?? defaultStateDir(terminal.env)));
      await invocation.print(
        factsView(key, [
          ['node', key.node_id],
          ['key', `${key.algorithm}, SHA-256 ${key.public_key_sha256}`],
          ['certificate', key.serial],
          ['good from', key.not_before],
          ['good until', key.not_after],
          ['rotation', key.rotation],
          ['former good until', key.previous_good_until],
        ]),
      );
    }),
  );
  addExamples(command, [['garrison node keys show --output json', 'for an inventory']]);
}
