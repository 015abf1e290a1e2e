import { expect, test } from 'vitest';
import { ansiLines } from './ansi.ts';

const ESC = '\u001b';

test('colours and weight become names, and go on to the next line', () => {
  expect(ansiLines(`${ESC}[1;31mbad\nstill${ESC}[0m fine`)).toEqual([
    [{ text: 'bad', look: 'bold red' }],
    [
      { text: 'still', look: 'bold red' },
      { text: ' fine', look: '' },
    ],
  ]);
});

test.each([
  [`${ESC}[38;5;196mred`, 'red'],
  [`${ESC}[38;2;10;200;20mgreen`, 'green'],
  [`${ESC}[94mbright`, 'blue'],
  [`${ESC}[44mground`, 'on-blue'],
  [`${ESC}[4munder`, 'underline'],
])('%j is %s', (text, look) => {
  expect(ansiLines(text)[0]?.[0]?.look).toBe(look);
});

test.each([
  [`a${ESC}[2Kb`, 'ab'],
  [`a${ESC}]8;;https://evil.example\u0007link${ESC}]8;;\u0007b`, 'alinkb'],
  [`a${ESC}]52;c;cm0gLXJm\u0007b`, 'ab'],
  ['a\u0007\u0000b', 'ab'],
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  [`cut${ESC}[3`, 'cut3'],
])('%j shows %j and nothing else', (text, shown) => {
  expect(
    ansiLines(text)
      .flat()
      .map((piece) => piece.text)
      .join(''),
  ).toBe(shown);
});

test('what a carriage return overwrote is gone', () => {
  expect(ansiLines('10 %\r50 %\r100 %\ndone\r\n').map((line) => line.map(({ text }) => text).join(''))).toEqual([
    '100 %',
    'done',
    '',
  ]);
});
