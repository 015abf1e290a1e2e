import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writersOf } from '../terminal.ts';
import { foldNames } from './fold-names.ts';
import { paintFor, paintStatus, styleOfName } from './paint.ts';
import { printable } from './printable.ts';
import { formatBytes } from './sizes.ts';
import { renderFacts, renderTable } from './table.ts';
import { formatDuration, formatInstant } from './times.ts';

describe('tables', () => {
  interface Row {
    readonly name: string;
    readonly note: string | null;
    readonly count: number;
  }
  const columns = [
    { header: 'NAME', value: (row: Row) => row.name },
    { header: 'COUNT', value: (row: Row) => row.count, isNumber: true },
    { header: 'NOTE', value: (row: Row) => row.note, isFlexible: true },
  ];
  const rows = [
    { name: 'web-1', note: 'a rather long note about it', count: 7 },
    { name: 'база', note: null, count: 1200 },
  ];

  test('on a terminal they are aligned, numbers to the right', () => {
    expect(renderTable(columns, rows, { columns: 80 })).toBe(
      ['NAME   COUNT  NOTE', 'web-1      7  a rather long note about it', 'база    1200  -', ''].join('\n'),
    );
  });

  test('on a narrow terminal the flexible column is shortened and nothing else', () => {
    expect(renderTable(columns, rows, { columns: 24 })).toBe(
      ['NAME   COUNT  NOTE', 'web-1      7  a rather …', 'база    1200  -', ''].join('\n'),
    );
  });

  test('in a pipe cells are whole and a tab stands between them', () => {
    expect(renderTable(columns, rows, { columns: undefined })).toBe(
      ['NAME\tCOUNT\tNOTE', 'web-1\t7\ta rather long note about it', 'база\t1200\t-', ''].join('\n'),
    );
  });

  test('what a host says can neither break a line nor steer the terminal', () => {
    const hostile = [{ name: 'x\ny\tz', note: '\u001b]0;title\u0007', count: 0 }];
    expect(renderTable(columns, hostile, { columns: undefined })).toBe('NAME\tCOUNT\tNOTE\nx y z\t0\t^[]0;title^G\n');
  });

  test('wide characters take two columns', () => {
    const wide = [
      { name: '機械', note: 'a', count: 1 },
      { name: 'ab', note: 'b', count: 2 },
    ];
    expect(renderTable(columns, wide, { columns: 80 }).split('\n')[2]).toBe('ab        2  b');
  });

  test('facts stand below each other, long values indented', () => {
    const facts = [
      ['id', '7'],
      ['labels', 'a=1\nb=2'],
      ['gone', undefined],
      ['none', null],
    ] as const;
    expect(renderFacts(facts, { columns: 80 })).toBe('id      7\nlabels  a=1\n        b=2\nnone    -\n');
  });

  test('the name of a fact may be of a host too', () => {
    const facts = [['disk /a\u001b[2J\nb', 1]] as const;
    for (const columns of [undefined, 80]) {
      expect(renderFacts(facts, { columns })).toMatch(/^disk \/a\^\[\[2J b\s+1\n$/);
    }
  });
});

describe('names of hosts', () => {
  test.each([
    [['web-1', 'web-2', 'web-3', 'web-5', 'db'], 'db web-[1-3,5]'],
    [['web-08', 'web-09', 'web-10'], 'web-[08-10]'],
    [['n1.eu', 'n2.eu', 'n1.us'], 'n1.us n[1-2].eu'],
    [['web-1'], 'web-1'],
    [[], ''],
  ])('%j is %s', (names, folded) => {
    expect(foldNames(names)).toBe(folded);
  });

  test('the short form says exactly these names', () => {
    const name = fc
      .tuple(
        fc.constantFrom('web-', 'db', 'r1c'),
        fc.constantFrom('', '0', '00'),
        fc.nat({ max: 30 }),
        fc.constantFrom('', '.eu'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(name), (names) => {
        expect(new Set(unfold(foldNames(names)))).toEqual(new Set(names));
      }),
    );
  });

  function unfold(folded: string): string[] {
    return folded
      .split(' ')
      .filter(Boolean)
      .flatMap((word) => {
        const [, before = '', ranges, after = ''] = /^(.*)\[(.*)\](.*)$/.exec(word) ?? [];
        if (ranges === undefined) return [word];
        return ranges.split(',').flatMap((range) => {
          const [from = '', to = from] = range.split('-');
          const count = Number(to) - Number(from) + 1;
          return Array.from(
            { length: count },
            (_, at) =>
              `${before}${String(Number(from) + at).padStart(from.startsWith('0') ? from.length : 0, '0')}${after}`,
          );
        });
      });
  }
});

describe('text of hosts on a terminal', () => {
  const ESC = '\u001b';
  const SGR = new RegExp(`${ESC}\\[[0-9;:]*m`, 'g');
  const UNSAFE = /[[\p{Cc}\p{Bidi_Control}\u2028\u2029]--[\t\n]]/v;

  const sequences: [string, string, string][] = [
    ['plain text', 'plain\ttext\n', 'plain\ttext\n'],
    ['letters that are not ASCII', 'größe 🚀 שלום', 'größe 🚀 שלום'],
    ['a colour that is ended', `${ESC}[31mred${ESC}[0m`, `${ESC}[31mred${ESC}[0m`],
    ['a colour that is left on', `${ESC}[1;31mred`, `${ESC}[1;31mred${ESC}[0m`],
    ['colour 8 of the palette', `${ESC}[38;5;8mgrey${ESC}[m`, `${ESC}[38;5;8mgrey${ESC}[m`],
    ['a colour of eights', `${ESC}[48;2;8;8;8mx${ESC}[m`, `${ESC}[48;2;8;8;8mx${ESC}[m`],
    ['conceal', `${ESC}[8mhidden`, '^[[8mhidden'],
    ['conceal with a leading zero', `${ESC}[08mhidden`, '^[[08mhidden'],
    ['conceal among others', `${ESC}[1;8;31mhidden`, '^[[1;8;31mhidden'],
    ['conceal behind a colour', `${ESC}[38;5;1;8mhidden`, '^[[38;5;1;8mhidden'],
    ['conceal behind a colour with colons', `${ESC}[38:5:1;5;8mhidden`, '^[[38:5:1;5;8mhidden'],
    ['conceal with a colon', `${ESC}[8:1mhidden`, '^[[8:1mhidden'],
    ['clearing the screen', `${ESC}[2J${ESC}[31mred${ESC}[0m`, `^[[2J${ESC}[31mred${ESC}[0m`],
    ['cursor up', `${ESC}[1Ax`, '^[[1Ax'],
    ['a title (OSC)', `${ESC}]0;title\u0007`, '^[]0;title^G'],
    ['a link (OSC 8)', `${ESC}]8;;http://x${ESC}\\x${ESC}]8;;${ESC}\\`, '^[]8;;http://x^[\\x^[]8;;^[\\'],
    ['the clipboard (OSC 52)', `${ESC}]52;c;eA==\u0007`, '^[]52;c;eA==^G'],
    ['a question (DCS)', `${ESC}P$q"p${ESC}\\`, '^[P$q"p^[\\'],
    ['APC, PM, SOS', `${ESC}_x${ESC}^x${ESC}Xx`, '^[_x^[^x^[Xx'],
    ['another character set', `${ESC}(0\u000e`, '^[(0^N'],
    ['reset', `${ESC}c`, '^[c'],
    ['a carriage return and NUL', 'a\rb\u0000', 'a^Mb^@'],
    ['backspace and DEL', 'a\b\u007f', 'a^H\\u007f'],
    ['CSI of one byte (C1)', 'a\u009b2J', 'a\\u009b2J'],
    ['OSC and DCS of one byte (C1)', '\u009d0;t\u009c\u0090q\u009c', '\\u009d0;t\\u009c\\u0090q\\u009c'],
    ['the first and the last of C1', '\u0080\u009f', '\\u0080\\u009f'],
    ['embeddings and overrides', '\u202aa\u202bb\u202cc\u202dd\u202ee', '\\u202aa\\u202bb\\u202cc\\u202dd\\u202ee'],
    ['isolates', '\u2066a\u2067b\u2068c\u2069d', '\\u2066a\\u2067b\\u2068c\\u2069d'],
    ['marks of direction', '\u200ea\u200fb\u061cc', '\\u200ea\\u200fb\\u061cc'],
    ['line and paragraph separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
  ];

  test.each(sequences)('%s', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printable(shown)).toBe(shown);
  });

  test.each(sequences)('%s, cut into two pieces anywhere, steers nothing', (_what, text) => {
    for (let at = 0; at <= text.length; at += 1) {
      const shown = printable(text.slice(0, at)) + printable(text.slice(at));
      expect(shown.replace(SGR, '')).not.toMatch(UNSAFE);
      expect(shown).not.toMatch(new RegExp(`${ESC}\\[0?8[m:]`));
    }
  });

  test('whatever comes, nothing but tabs, line feeds and colours is left', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text).replace(SGR, '')).not.toMatch(UNSAFE);
      }),
    );
  });

  test('a screen lets nothing pass to a terminal, and everything to a pipe', () => {
    const written: string[] = [];
    const put = (text: string) => void written.push(text);
    writersOf(put, true).write('\u202e');
    writersOf(put, true).rewriteLine('\u202e');
    writersOf(put, false).write('\u202e');
    writersOf(put, false).rewriteLine('\u202e');
    expect(written).toEqual(['\\u202e', `\r${ESC}[K\\u202e`, '\u202e']);
  });

  test('JSON is the same data on a terminal', () => {
    const data = { name: sequences.map(([, text]) => text).join('') };
    expect(JSON.parse(printable(JSON.stringify(data)))).toEqual(data);
  });
});

describe('colours', () => {
  test('a name has the same colour every time, and never red', () => {
    expect(styleOfName('web-1')).toBe(styleOfName('web-1'));
    expect(new Set(Array.from({ length: 200 }, (_, at) => styleOfName(`web-${at}`))).size).toBeGreaterThan(5);
    expect(Array.from({ length: 200 }, (_, at) => styleOfName(`web-${at}`))).not.toContain('red');
  });

  test('without colours the text is the text', () => {
    expect(paintFor({ hasColours: false })('red', 'x')).toBe('x');
    const painted = paintStatus(paintFor({ hasColours: true }), 'Connected');
    expect(painted).not.toBe('Connected');
    expect(stripVTControlCharacters(painted)).toBe('Connected');
  });
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [80 * 2 ** 20, '80.0 MiB'],
  [2 ** 53, '8.0 PiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

describe('times', () => {
  test.each([
    [0, '0.0s'],
    [37, '37ms'],
    [1234, '1.2s'],
    [12_400, '12s'],
    [200_000, '3m 20s'],
    [180_000, '3m'],
    [7_500_000, '2h 5m'],
    [90_000_000, '1d 1h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('instants are told from now', () => {
    const now = new Date('2026-01-01T12:00:00Z');
    expect(formatInstant('2026-01-01T11:58:00Z', now)).toBe('2m ago');
    expect(formatInstant('2026-01-03T12:00:00Z', now)).toBe('in 2d');
    expect(formatInstant(null, now)).toBe('-');
    expect(formatInstant('2026-01-01T12:00:00.300Z', now)).toBe('now');
  });
});
