import { expect, test } from 'vitest';
import { Moves } from './moves.ts';

test('what moves between two looks is one frame for each topic that is watched', () => {
  const moves = new Moves(new Set(['nodes', 'run:f-1']));
  for (const id of ['n-1', 'n-2', 'n-1']) moves.inList('nodes', id);
  moves.inList('keys', 'k');
  for (const id of ['f-1', 'f-1', 'f-2']) moves.thing('run', id);
  expect(moves.take()).toEqual([
    { event: 'nodes', data: { ids: ['n-1', 'n-2'], more: false } },
    { event: 'run', data: { id: 'f-1' } },
  ]);
  expect(moves.take()).toEqual([]);
});

test('however many things move, a frame names a hundred', () => {
  const moves = new Moves(new Set(['nodes']));
  for (let node = 0; node < 10_000; node += 1) moves.inList('nodes', `n-${node}`);
  const [frame] = moves.take();
  expect(frame?.data).toMatchObject({ more: true });
  expect(frame?.data).toHaveProperty('ids.length', 100);
});

test('what could not be told is lost, and the reader is told once to read again', () => {
  const moves = new Moves(new Set(['nodes']));
  moves.inList('nodes', 'n-1');
  moves.take();
  moves.lose();
  moves.inList('nodes', 'n-2');
  expect(moves.take()).toEqual([{ event: 'reload', data: {} }]);
  expect(moves.take()).toEqual([]);
});
