import { expect, test } from 'vitest';
import { safeScreen } from './safe-screen.ts';

async function drawn(output: string | readonly string[], size = { columns: 20, rows: 4 }) {
  const written: string[] = [];
  const canvas = { columns: 80, rows: 24, write: (text: string) => written.push(text) };
  const screen = await safeScreen(canvas, size);
  for (const piece of [output].flat()) {
    await screen.show(piece);
    await expect.poll(() => written.at(-1)).toMatch(/\d+;\d+H$/); // it was painted
  }
  await screen.end();
  return { written, whole: written.join(''), last: written.at(-1) ?? '' };
}

test('the picture is that of the other terminal, drawn in our words', async () => {
  const { whole, last } = await drawn(
    'one\r\n\u001b[2J\u001b[1;1H\u001b[31mred\u001b[0m and \u001b[38;2;1;2;3mmore\u001b[0m',
  );
  expect(whole.startsWith('\u001b[?1049h\u001b[2J')).toBe(true);
  expect(last).toContain('\u001b[?1049l');
  expect(last).toContain('\u001b[0;38;5;1mred\u001b[0m and \u001b[0;38;2;1;2;3mmore');
  expect(last).not.toContain('one');
});

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a title', '\u001b]0;owned\u0007'],
  ['the clipboard', '\u001b]52;c;b3duZWQ=\u0007'],
  ['a link', '\u001b]8;;https://evil.example\u0007here\u001b]8;;\u0007'],
  ['a question', '\u001b[c\u001b[6n\u001bP$qm\u001b\\'],
  ['a mode', '\u001b[?1000h\u001b[?2004h\u001b[?1049h'],
  ['another character set', '\u001b(0\u000e'],
  ['a DCS that does not end', '\u001bPq#0;2;0;0;0'],
  ['a window operation', '\u001b[8;1;1t\u001b[21t'],
  ['C1 controls', '\u009b31m\u009d0;owned\u009c'],
  ['hidden text', '\u001b[8msecret'],
  ['text in the other direction', 'a\u202eb'],
];

test.each(HOSTILE)('%s reaches nobody', async (_, output) => {
  const { whole } = await drawn([output, 'after']);
  const body = whole.replace('\u001b[?1049h\u001b[2J', '').replace('\u001b[0m\u001b[?25h\u001b[?1049l', '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
  const rest = body.replace(/\u001b\[(?:[0-9;]*m|\d+;\d+H|K)/g, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
  expect(rest).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(whole).not.toContain('evil.example');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the same
  expect(whole).not.toMatch(/\u001b\[[0-9;]*(?<![0-9])8m/);
});

test('a window that is larger than ours is shown as far as it fits, and one of no size is one', async () => {
  const written: string[] = [];
  const screen = await safeScreen(
    { columns: 5, rows: 2, write: (text) => written.push(text) },
    { columns: 1e9, rows: -1 },
  );
  screen.resize(100, 50);
  await screen.show('123456789\r\nb\r\nc');
  await expect.poll(() => written.join('')).toContain('12345');
  await screen.end();
  expect(written.join('')).not.toContain('123456');
  expect(written.join('')).not.toContain('c\u001b');
});
