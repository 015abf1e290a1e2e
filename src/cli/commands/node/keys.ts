import { type CommandSpec, option } from '../../command-spec.ts';
import { factsView, sentenceView } from '../../output/print-view.ts';
import { readDuration } from '../../parse/read-duration.ts';
import { stateDirOption } from './node-options.ts';

const show: CommandSpec = {
  name: 'show',
  description: 'Show the key and certificate of this machine, and how far a rotation is. The key itself is not shown.',
  options: [...stateDirOption()],
  examples: [['garrison node keys show --output json', 'for an inventory']],
  run: async (invocation) => {
    const { stateDir } = invocation.opts<{ stateDir?: string }>();
    const { describeKey } = await import('#daemon/identity/describe-key.ts');
    const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
    const key = describeKey(stateDirAt(stateDir ?? defaultStateDir(invocation.terminal.env)));
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
  },
};

interface Options {
  readonly stateDir?: string;
  readonly keepOld?: number;
  readonly wait: number;
}

const rotate: CommandSpec = {
  name: 'rotate',
  description:
    'Make a new key on this machine and have it certified; the former certificates are revoked. What runs goes on. It may be repeated after whatever went wrong.',
  options: [
    option('--keep-old <time>', 'former certificates stay good for so long, such as 24h', readDuration),
    option(
      '--wait <time>',
      'how long to wait for the controller; the daemon goes on with it later',
      readDuration,
      60_000,
    ),
    ...stateDirOption(),
  ],
  examples: [
    ['garrison node keys rotate', 'a key may have been seen by somebody'],
    ['garrison node keys rotate --keep-old 24h', 'something else on this host uses the certificate, too'],
  ],
  run: async (invocation) => {
    const { stateDir, keepOld = 0, wait } = invocation.opts<Options>();
    const { rotateKey } = await import('#daemon/identity/rotate-key.ts');
    const { stateDirAt, defaultStateDir } = await import('#daemon/state-dir/state-dir.ts');
    const rotated = await rotateKey({
      stateDir: stateDirAt(stateDir ?? defaultStateDir(invocation.terminal.env)),
      keepOldMs: keepOld,
      patienceMs: wait,
      env: invocation.terminal.env,
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
  },
};

export const keys: CommandSpec = {
  name: 'keys',
  description: 'The key this machine is known by: show, rotate.',
  examples: [['garrison node keys rotate', 'a new key; the former certificates are revoked']],
  commands: [show, rotate],
};
