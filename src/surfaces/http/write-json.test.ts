import { setImmediate } from 'node:timers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeJson } from './write-json.ts';

const LONG = 4_001;

test('what is written is what JSON.stringify writes, whatever the answer holds', async () => {
  const answers = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.boolean());
  await fc.assert(
    fc.asyncProperty(answers, async ([record, element, isLong]) => {
      const many = Array.from({ length: isLong ? LONG : 3 }, () => element);
      const body = { ...record, many, missing: undefined, when: new Date(0) };
      expect(await writeJson(body)).toBe(JSON.stringify(body));
    }),
    { numRuns: 50 },
  );
});

test.each([null, 'text', 3, [1, 2], new Date(0), {}])(
  '%j is no answer with a list, and written as it is',
  async (body) => {
    expect(await writeJson(body)).toBe(JSON.stringify(body));
  },
);

test('others get their turn while a long list is written', async () => {
  let [turns, isOver] = [0, false];
  const takeTurn = () => {
    turns += 1;
    if (!isOver) setImmediate(takeTurn);
  };
  setImmediate(takeTurn);
  await writeJson({ items: Array.from({ length: 20_000 }, (_, place) => ({ place })) });
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(10);
});
