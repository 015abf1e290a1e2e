import { expect, test } from 'vitest';
import { SingleFlight } from './single-flight.ts';

test('overlapping calls share one execution; a later one starts anew', async () => {
  const flights = new SingleFlight<string, number>();
  let runs = 0;
  const work = async () => {
    runs += 1;
    return runs;
  };
  expect(await Promise.all([flights.run('a', work), flights.run('a', work), flights.run('b', work)])).toEqual([
    1, 1, 2,
  ]);
  expect(flights.size).toBe(0);
  expect(await flights.run('a', work)).toBe(3);
});

test('a failure is shared and then forgotten', async () => {
  const flights = new SingleFlight<string, number>();
  const fails = () =>
    flights.run('a', () => {
      throw new Error('no');
    });
  const outcomes = await Promise.allSettled([fails(), fails()]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await flights.run('a', async () => 1)).toBe(1);
});
