import { expect, test } from 'vitest';
import { EndpointList, MAX_ENDPOINTS } from './endpoint-list.ts';

const A = 'a.example:7071';
const B = 'b.example:7071';
const C = 'c.example:7071';

/** Where it goes when nothing answers, until the round is over. */
function round(list: EndpointList): string[] {
  const tried = [list.current];
  while (list.failed()) tried.push(list.current);
  return tried;
}

test('a round begins where it was last, goes on in random order, and asks each once', () => {
  const list = new EndpointList([A, B, C], () => 0.99);
  expect(round(list)).toEqual([A, C, B]);
  expect(round(list)).toEqual([A, C, B]);
  expect(round(new EndpointList([A, B, C], () => 0))).toEqual([A, B, C]);
  const seconds = new Set(Array.from({ length: 100 }, () => round(new EndpointList([A, B, C]))[1]));
  expect(seconds).toEqual(new Set([B, C]));
});

test('the one that worked is the first of the next round, and the first that is kept', () => {
  const list = new EndpointList([A, B], () => 0);
  list.failed();
  list.worked([B, C, A]);
  expect(list.all).toEqual([B, C, A]);
  expect(round(list)[0]).toBe(B);
});

test('where a controller sends us we go, to any of those it names; where it names itself we stay', () => {
  const list = new EndpointList([A], () => 0.99);
  list.goTo([B, C]);
  expect(list.current).toBe(C);
  expect(list.all).toEqual([A, B, C]);
  list.worked([]);
  list.goTo([A, C]);
  expect(list.current).toBe(C);
  list.goTo([]);
  expect(list.current).toBe(C);
});

test('what is learned is bounded, and pushes out neither home nor what can be read', () => {
  const list = new EndpointList([A, B]);
  list.learn(['not an endpoint', '::1', '[0:0::1]:7071', ...Array.from({ length: 100 }, (_, n) => `n${n}.example:1`)]);
  expect(list.all).toHaveLength(MAX_ENDPOINTS);
  expect(list.all.slice(0, 3)).toEqual([A, '[::1]:7071', 'n0.example:1']);
  list.learn([B]);
  expect(list.all.slice(0, 2)).toEqual([A, B]);
});

test('without any there is nowhere to go, and none is made up', () => {
  const list = new EndpointList([]);
  expect(list.failed()).toBe(false);
  expect([list.current, list.all]).toEqual(['', []]);
});
