import { Duplex, PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type TerminalFrame, TerminalFrameReader, writeTerminalFrame } from '#protocol/terminal/terminal-frames.ts';
import { LiveTerminal } from './live-terminal.ts';

/** A connection whose far end is `far`. */
function pair() {
  const [there, back] = [new PassThrough(), new PassThrough()];
  const near = Duplex.from({ readable: there, writable: back });
  const heard: TerminalFrame[] = [];
  const reader = new TerminalFrameReader();
  back.on('data', (piece: Buffer) => heard.push(...reader.read(piece)));
  return {
    near,
    heard,
    say: (frame: TerminalFrame) => there.write(writeTerminalFrame(frame)),
    hangUp: () => near.destroy(),
  };
}

function setup({ keepMs = 60_000 } = {}) {
  const [node, client] = [pair(), pair()];
  client.near.pause(); // as the door does
  const aborting = new AbortController();
  const recorded: string[] = [];
  const recording = {
    seek: (position: number) => recorded.push(`at ${position}`),
    output: (bytes: Buffer) => recorded.push(bytes.toString()) > 0,
    resize: (columns: number, rows: number) => recorded.push(`${columns}x${rows}`),
    end: async () => {
      recorded.push('end');
    },
  };
  const tunnel = { node: {} as never, stream: node.near, signal: aborting.signal, over: () => {} };
  const live = new LiveTerminal({
    ...{ tunnel, client: client.near, keepMs, isTold: true, idleMs: 60_000, onOpened: () => {} },
    recording: { ...recording, seek: (at) => void recording.seek(at), resize: (c, r) => void recording.resize(c, r) },
  });
  return { node, client, live, recorded, aborting, over: live.carry() };
}

const output = (text: string) => ({ kind: 'output', bytes: Buffer.from(text) }) as const;

test('what is shown is recorded, and what is typed is not', async () => {
  const { node, client, recorded, over } = setup();
  node.say({ kind: 'opened', opened: { sessionId: 's', user: 'root', position: 0 } });
  client.say({ kind: 'input', bytes: Buffer.from('secret') });
  client.say({ kind: 'size', columns: 90, rows: 20 });
  await turn();
  node.say(output('shown'));
  node.say({ kind: 'exit', exit: { code: 4 } });
  expect(await over).toEqual({ why: 'exited', isFinal: true, exitCode: 4 });
  expect([...recorded].sort()).toEqual(['90x20', 'at 0', 'end', 'shown']);
  expect(client.heard.map(({ kind }) => kind)).toEqual(['opened', 'output', 'exit']);
  expect(node.heard).toContainEqual({ kind: 'input', bytes: Buffer.from('secret') });
});

test('a client that is gone leaves a terminal that is recorded on; one that is not kept is ended', async () => {
  const kept = setup();
  kept.client.hangUp();
  await turn();
  kept.node.say(output('alone'));
  await expect.poll(() => kept.recorded).toContain('alone');
  kept.live.cut('controller_stopped');
  expect(await kept.over).toMatchObject({ why: 'controller_stopped', isFinal: false });
  const plain = setup({ keepMs: 0 });
  plain.client.hangUp();
  expect(await plain.over).toMatchObject({ why: 'gone', isFinal: true });
  await expect.poll(() => plain.node.heard).toContainEqual({ kind: 'leave' });
});

test.each([
  ['credential_revoked', true],
  ['node_revoked', true],
  ['controller_stopped', false],
] as const)('when the desk ends it as %s, that is final: %s', async (why, isFinal) => {
  const { aborting, over } = setup();
  aborting.abort(why);
  expect(await over).toMatchObject({ why, isFinal });
});

test('a node that is cut off ends this connection alone', async () => {
  const { node, over } = setup();
  node.hangUp();
  expect(await over).toMatchObject({ why: 'cut', isFinal: false });
});

test('a watcher sees what is shown from then on, and the person at the terminal is told; whoever does not read is let go', async () => {
  const { node, client, live, over } = setup();
  const [watcher, lazy] = [pair(), new Duplex({ read() {}, write() {}, highWaterMark: 1 })];
  live.watch(watcher.near, 'ann');
  live.watch(lazy, 'bob');
  watcher.say({ kind: 'input', bytes: Buffer.from('never') });
  node.say(output('seen'));
  await expect.poll(() => watcher.heard).toContainEqual(output('seen'));
  expect(client.heard).toContainEqual({ kind: 'notice', text: 'ann watches this session' });
  for (let at = 0; at < 20; at += 1) node.say(output('x'.repeat(65_000)));
  await expect.poll(() => lazy.destroyed).toBe(true);
  await expect.poll(() => client.heard).toContainEqual({ kind: 'notice', text: 'bob watches no more' });
  expect(node.heard).toEqual([]);
  live.leave('idle');
  await over;
  await expect.poll(() => watcher.near.destroyed).toBe(true);
});
