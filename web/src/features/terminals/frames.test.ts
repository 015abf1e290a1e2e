import { expect, test } from 'vitest';
import { TerminalFrameReader, writeTerminalFrame } from '#protocol/terminal/terminal-frames.ts';
import { binaryFrame, FrameReader, inputFrames, leaveFrame, sizeFrame } from './frames.ts';

test('what is sent is what the protocol reads', () => {
  const long = 'é'.repeat(50_000);
  const sent = [...inputFrames(long), sizeFrame(300, 70), binaryFrame('\x1b[M\xff'), leaveFrame()];
  const read = sent.flatMap((one) => [...new TerminalFrameReader().read(Buffer.from(one))]);
  expect(read.map(({ kind }) => kind)).toEqual(['input', 'input', 'size', 'input', 'leave']);
  const [first, second, size, binary] = read;
  const typed = [first, second].map((one) => (one?.kind === 'input' ? one.bytes : Buffer.alloc(0)));
  expect(Buffer.concat(typed).toString()).toBe(long);
  expect(size).toEqual({ kind: 'size', columns: 300, rows: 70 });
  expect(binary).toEqual({ kind: 'input', bytes: Buffer.from([0x1b, 0x5b, 0x4d, 0xff]) });
});

test('what the protocol writes is read, in pieces of any size', () => {
  const opened = { sessionId: 's', user: 'root', position: 7 };
  const written = Buffer.concat([
    writeTerminalFrame({ kind: 'opened', opened }),
    writeTerminalFrame({ kind: 'output', bytes: Buffer.from('shown') }),
    writeTerminalFrame({ kind: 'size', columns: 91, rows: 33 }),
    writeTerminalFrame({ kind: 'notice', text: 'ann watches' }),
    writeTerminalFrame({ kind: 'exit', exit: { code: null, problem: 'session_over: gone' } }),
  ]);
  for (const size of [1, 7, written.length]) {
    const reader = new FrameReader();
    const heard = [];
    for (let at = 0; at < written.length; at += size) heard.push(...reader.read(written.subarray(at, at + size)));
    expect(heard.map((one) => (one.kind === 'output' ? new TextDecoder().decode(one.bytes) : one))).toEqual([
      { kind: 'opened', ...opened },
      'shown',
      { kind: 'size', columns: 91, rows: 33 },
      { kind: 'notice', text: 'ann watches' },
      { kind: 'exit', code: null, problem: 'session_over: gone' },
    ]);
  }
});

test('a frame that is longer than any is refused, and one of another kind passed over', () => {
  expect(() => new FrameReader().read(Uint8Array.from([1, 0, 1, 0, 1, 0]))).toThrow(RangeError);
  expect(new FrameReader().read(Uint8Array.from([77, 0, 0, 0, 1, 0]))).toEqual([]);
});
