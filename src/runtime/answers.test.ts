import { expect, test } from 'vitest';
import { Answers } from './answers.ts';

const late = () => new Error('late');
const never = new Promise<never>(() => {});

test('an answer that comes is given on, and so is its failure', async () => {
  const answers = new Answers();
  expect(await answers.within(10_000, Promise.resolve(7), late)).toBe(7);
  await expect(answers.within(10_000, Promise.reject(new Error('no')), late)).rejects.toThrow('no');
  expect(answers.size).toBe(0);
});

test('one that does not come in its time is not waited for any longer', async () => {
  const answers = new Answers();
  await expect(answers.within(1, never, late)).rejects.toThrow('late');
  expect(answers.size).toBe(0);
});

test('all are given up at once, and so is whatever is waited for later', async () => {
  const answers = new Answers();
  const waits = [answers.within(10_000, never, late), answers.within(10_000, never, late)];
  answers.giveUp(new Error('gone'));
  expect(await Promise.allSettled(waits)).toEqual([
    { status: 'rejected', reason: new Error('gone') },
    { status: 'rejected', reason: new Error('gone') },
  ]);
  await expect(answers.within(10_000, Promise.resolve(1), late)).rejects.toThrow('gone');
});
