import { expect, test } from 'vitest';
import { DaemonMetrics, Welcome } from '#protocol/gen/garrison/node/v1/node.ts';
import { type Log, silentLog } from '#runtime/log.ts';
import type { DaemonPart } from './daemon-part.ts';
import type { HostFacts } from './facts/host-facts.ts';
import { PartList } from './part-list.ts';

function noting(name: string, done: string[]): DaemonPart {
  return {
    name,
    start: () => void done.push(`${name} starts`),
    stop: () => void done.push(`${name} stops`),
    onWelcome: ({ epoch }) => void done.push(`${name} is welcome at ${epoch}`),
    look: () => void done.push(`${name} looks`),
    words: { cancel: ({ executionId }) => void done.push(`${name} cancels ${executionId}`) },
  };
}

test('parts start in order, stop in the reverse order, and each is told of a session', async () => {
  const done: string[] = [];
  const list = new PartList([noting('a', done), { name: 'quiet' }, noting('b', done)], silentLog);
  await list.start();
  list.onWelcome(Welcome.fromPartial({ epoch: 7 }));
  list.look();
  await list.stop();
  expect(done).toEqual([
    'a starts',
    'b starts',
    'a is welcome at 7',
    'b is welcome at 7',
    'a looks',
    'b looks',
    'b stops',
    'a stops',
  ]);
});

test('a frame goes to the parts that have a handler for its kind, and to no other', () => {
  const done: string[] = [];
  const deaf: DaemonPart = { name: 'deaf', words: { revoked: () => void done.push('never') } };
  const list = new PartList([deaf, noting('a', done)], silentLog);
  list.onWord({ $case: 'cancel', value: { executionId: 'x', reason: '' } });
  list.onWord({ $case: 'ackFinished', value: { executionId: 'x' } });
  expect(done).toEqual(['a cancels x']);
});

test('facts, metrics and problems are those of all parts', () => {
  const parts: DaemonPart[] = [
    { name: 'a', facts: () => ({ kernel: '6.1' }), metrics: () => ({ running: 2 }), problems: () => ['a is ill'] },
    { name: 'b', facts: () => ({ cpuCount: 4 }), metrics: () => ({ queued: 3 }), problems: () => [] },
  ];
  const list = new PartList(parts, silentLog);
  expect(list.factsWith({ kernel: '', os: 'linux' } as HostFacts)).toEqual({ kernel: '6.1', os: 'linux', cpuCount: 4 }); // the rest is not read
  expect(list.metrics).toEqual(DaemonMetrics.fromPartial({ running: 2, queued: 3 }));
  expect(list.problems).toEqual(['a is ill']);
});

test('a part that fails is named in the log and keeps no other from its turn', async () => {
  const done: string[] = [];
  const told: unknown[] = [];
  const log = { ...silentLog, error: (facts: unknown) => void told.push(facts) } as Log; // the rest is silent
  const fails = () => {
    throw new Error('broken');
  };
  const ill: DaemonPart = { name: 'ill', onWelcome: fails, stop: fails, words: { cancel: fails } };
  const list = new PartList([ill, noting('well', done), { ...ill, name: 'ill too' }], log);
  list.onWelcome(Welcome.fromPartial({ epoch: 1 }));
  list.onWord({ $case: 'cancel', value: { executionId: 'x', reason: '' } });
  await list.stop();
  expect(done).toEqual(['well is welcome at 1', 'well cancels x', 'well stops']);
  expect(told).toHaveLength(6);
  expect(told[0]).toMatchObject({ part: 'ill', error: expect.stringContaining('broken') });
});
