import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Report {
  readonly variants: number;
  readonly cut: number;
  readonly statuses: Readonly<Record<string, number>>;
}

/** OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, UNAUTHENTICATED: answers for the caller. */
const ITS_OWN_FAULT = ['0', '3', '8', '9', '16'];
/** INTERNAL is what grpc-js itself says of bytes that are no message. */
const NO_MESSAGE = '13';

test('every field of every frame and call at its extremes costs at most the session it came on', async () => {
  const secret = await field().joinKey();
  const { variants, cut, statuses } = await field().attackedBy<Report>('frame-extremes', { secret });
  expect(variants).toBeGreaterThan(700);
  expect(cut).toBeGreaterThan(10);
  expect(Object.keys(statuses).filter((status) => ![...ITS_OWN_FAULT, NO_MESSAGE].includes(status))).toEqual([]);
});
