import type { Command } from 'commander';
import { addExamples } from '../../../help.ts';
import { act } from '../../../invocation.ts';
import { sentenceView } from '../../../output/print-view.ts';
import { readDuration } from '../../../parse/read-duration.ts';
import type { Terminal } from '../../../terminal.ts';
import { addStateDir } from '../node-options.ts';

interface Options {
  readonly stateDir?: string;
  readonly keepOld?: number;
  readonly wait: number;
}

export function addRotate(keys: Command, terminal: Terminal): void {
  const command = keys
    .command('rotate')
    .description(
      'Make a new key on this machine and have it certified; the former certificates are revoked. What runs goes on. It may be repeated after whatever went wrong.',
    )
    .option('--keep-old <time>', 'former certificates stay good for so long, such as 24h', readDuration)
    .option(
      '--wait <time>',
      'how long to wait for the controller; the daemon goes on with it later',
      readDuration,
      60_000,
    );
  addStateDir(command).action(
    act(terminal, async (invocation) => {
      const { stateDir, keepOld = 0, wait } = invocation.opts<Options>();
      const { rotateKey } = await import('#daemon/identity/rotate-key.ts');
      const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
      const rotated = await rotateKey({
        stateDir: stateDirAt(stateDir ?? defaultStateDir(terminal.env)),
        keepOldMs: keepOld,
        patienceMs: wait,
        env: terminal.env,
      });
      const data = {
        node_id: rotated.nodeId,
        serial: rotated.serial,
        previous_serial: rotated.previousSerial,
        certificate_ends_at: rotated.notAfter.toISOString(),
        previous_good_until: rotated.oldGoodUntil?.toISOString() ?? null,
      };
      const former = rotated.oldGoodUntil === undefined ? 'is revoked' : `stays good until ${data.previous_good_until}`;
      await invocation.print(
        sentenceView(data, `certificate ${rotated.serial} over a new key; ${rotated.previousSerial} ${former}`),
      );
    }),
  );
  addExamples(command, [
    ['garrison node keys rotate', 'a key may have been seen by somebody'],
    ['garrison node keys rotate --keep-old 24h', 'something else on this host uses the certificate, too'],
  ]);
}
