import { expect, test } from 'vitest';
import { SignInDelays } from './sign-in-delays.ts';

const right = async () => true;
const wrong = async () => false;

function delays() {
  const waited: number[] = [];
  return { waited, made: new SignInDelays(async (ms) => waited.push(ms)) };
}

test('each failure of an address or a name is answered later than the one before, up to a quarter of a minute', async () => {
  const { waited, made } = delays();
  for (let attempt = 0; attempt < 8; attempt += 1)
    await made.attempt({ address: '192.0.2.1', username: `name-${attempt}` }, wrong);
  expect(waited).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
});

test('a name is slowed from whatever address it is tried', async () => {
  const { waited, made } = delays();
  for (let attempt = 0; attempt < 3; attempt += 1)
    await made.attempt({ address: `192.0.2.${attempt}`, username: 'ada' }, wrong);
  expect(waited).toEqual([500, 1_000, 2_000]);
});

test('failures that are free cost no time', async () => {
  const { waited, made } = delays();
  for (let attempt = 0; attempt < 4; attempt += 1)
    await made.attempt({ address: '192.0.2.1', username: 'ada', free: 2 }, wrong);
  expect(waited).toEqual([500, 1_000]);
});

test('a right answer is not delayed, and forgets what failed', async () => {
  const { waited, made } = delays();
  await made.attempt({ address: '192.0.2.1', username: 'ada' }, wrong);
  expect(await made.attempt({ address: '192.0.2.1', username: 'ada' }, right)).toBe(true);
  await made.attempt({ address: '192.0.2.1', username: 'ada' }, wrong);
  expect(waited).toEqual([500, 500]);
});

test('attempts of one address are looked at one after the other, and those beyond eight fail unseen', async () => {
  const { made } = delays();
  const held = Promise.withResolvers<boolean>();
  const seen: number[] = [];
  const attempts = Array.from({ length: 10 }, (_, index) =>
    made.attempt({ address: '192.0.2.1', username: `name-${index}` }, () => {
      seen.push(index);
      return index === 0 ? held.promise : right();
    }),
  );
  expect(await Promise.all(attempts.slice(8))).toEqual([false, false]);
  expect(seen).toEqual([0]);
  held.resolve(true);
  expect(await Promise.all(attempts.slice(0, 8))).toEqual(Array(8).fill(true));
});
