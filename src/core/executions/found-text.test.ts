import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FoundText } from './found-text.ts';

test('the lines that hold a text are found however the log is cut', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ab', '\n', 'é'), maxLength: 60 });
  const needle = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(text), needle, (pieces, wanted) => {
      const found = new FoundText(Buffer.from(wanted));
      for (const piece of pieces) found.look(Buffer.from(piece));
      const lines = pieces.join('').split('\n');
      const expected = lines.flatMap((line, number) => (line.includes(wanted) ? [{ line: number, text: line }] : []));
      expect(found.end()).toEqual({ items: expected.slice(0, 200), total: expected.length });
    }),
  );
});

test('what goes over the end of a line is not within it', () => {
  const found = new FoundText(Buffer.from('a\nb'));
  found.look(Buffer.from('a\nb\n'));
  expect(found.end()).toEqual({ items: [], total: 0 });
});
