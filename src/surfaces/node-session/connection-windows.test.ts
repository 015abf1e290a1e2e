import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import {
  BYTES_AHEAD_OF_ALL,
  ConnectionWindows,
  FEWEST_BYTES_AHEAD,
  MOST_BYTES_AHEAD,
  type WindowedSession,
} from './connection-windows.ts';

class FakeSession extends EventEmitter {
  bytesAhead = 0;
  resized = 0;
  destroyed = false;

  setLocalWindowSize(bytes: number): void {
    this.bytesAhead = bytes;
    this.resized += 1;
  }

  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function setup() {
  const windows = new ConnectionWindows();
  const sessions: FakeSession[] = [];
  const open = (count: number) => {
    for (let more = 0; more < count; more++) {
      const session = new FakeSession();
      sessions.push(session);
      windows.add(session as unknown as WindowedSession); // what it uses of one
    }
  };
  const close = (count: number) => {
    for (const session of sessions.splice(0, count)) session.close();
  };
  const sizes = () => [...new Set(sessions.map(({ bytesAhead }) => bytesAhead))];
  return { open, close, sizes, sessions };
}

const UNSHARED = BYTES_AHEAD_OF_ALL / MOST_BYTES_AHEAD;

test('few connections have all they may have, more share, and none has less than HTTP/2 starts with', () => {
  const { open, sizes } = setup();
  open(UNSHARED);
  expect(sizes()).toEqual([MOST_BYTES_AHEAD]);
  open(1);
  expect(sizes()).toEqual([MOST_BYTES_AHEAD / 2]);
  open(UNSHARED * 15 - 1);
  expect(sizes()).toEqual([MOST_BYTES_AHEAD / 16]);
  open(10_000);
  expect(sizes()).toEqual([FEWEST_BYTES_AHEAD]);
});

test('a share grows again when half of the connections have gone, and not with each that goes', () => {
  const { open, close, sizes, sessions } = setup();
  open(UNSHARED + 1);
  const before = sessions.map(({ resized }) => resized);
  for (let time = 0; time < 10; time++) {
    close(1);
    open(1);
  }
  expect(sizes()).toEqual([MOST_BYTES_AHEAD / 2]);
  expect(sessions.slice(0, 10).map(({ resized }) => resized)).toEqual(before.slice(10, 20));
  close(UNSHARED / 2 + 1);
  expect(sizes()).toEqual([MOST_BYTES_AHEAD]);
});
