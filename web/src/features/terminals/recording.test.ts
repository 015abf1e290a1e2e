import { expect, test } from 'vitest';
import { linesOf, readCast } from './recording.ts';

async function* lines(...them: string[]) {
  yield* them;
}

test('what was shown and the sizes of the window are read, and long pauses are cut', async () => {
  const cast = await readCast(
    lines(
      '{"version":2,"width":100,"height":30}',
      '[0.5,"o","a"]',
      '[60,"r","120x40"]',
      '[61,"i","typed"]',
      '[61,"o","b"]',
    ),
  );
  expect(cast).toEqual({
    columns: 100,
    rows: 30,
    seconds: 4.5,
    isCut: false,
    events: [
      { at: 0.5, what: 'a' },
      { at: 3.5, what: { columns: 120, rows: 40 } },
      { at: 4.5, what: 'b' },
    ],
  });
});

test('what is hostile or half a line does no harm', async () => {
  const cast = await readCast(
    lines(
      '{"version":2,"width":100000,"height":-1}',
      '[5,"o","late"]',
      '[1,"o","back in time"]',
      '[6,"r","99999x1"]',
      '[6,"r","__proto__"]',
      '[null,"o","x"]',
      '{"version":2',
      '[7,"o","ha',
    ),
  );
  expect(cast).toMatchObject({ columns: 500, rows: 24 });
  expect(cast.events.map(({ what }) => what)).toEqual(['late', 'back in time']);
  const long = 'x'.repeat(20_000_000);
  const cut = await readCast(lines('{"version":2}', `[1,"o","${long}"]`, `[2,"o","${long}"]`, '[3,"o","never"]'));
  expect([cut.isCut, cut.events.length]).toEqual([true, 1]);
});

test('lines come whole, in whatever pieces they come', async () => {
  const bytes = new TextEncoder().encode('[1,"o","é"]\n[2,"o","b"]');
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await Array.fromAsync(linesOf(body))).toEqual(['[1,"o","é"]', '[2,"o","b"]']);
});
