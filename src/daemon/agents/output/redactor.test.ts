import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redactor } from './redactor.ts';

const SECRET = 's3cr3t/of+ten?ants';

function inPieces(redactor: Redactor, pieces: readonly string[]): string {
  const stream = redactor.stream();
  return pieces.map((piece) => stream.push(piece)).join('') + stream.end();
}

describe('a secret', () => {
  const redactor = new Redactor([SECRET]);

  test.each([
    ['as it is', `token=${SECRET};`],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64 after one byte', Buffer.from(`:${SECRET}`).toString('base64')],
    ['in base64 after two', Buffer.from(`a:${SECRET}:b`).toString('base64')],
    ['in base64url', Buffer.from(`user:${SECRET}`).toString('base64url')],
    ['in hexadecimal', Buffer.from(SECRET).toString('hex')],
    ['in an address', `https://host/?q=${encodeURIComponent(SECRET)}`],
  ])('is taken out %s', (_how, text) => {
    const shown = redactor.redact(text);
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain(SECRET);
    expect(Buffer.from(shown.replaceAll('[redacted]', ''), 'base64').toString()).not.toContain('cr3t/of+ten');
  });

  test('is taken out however the text is cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), (before, after, cuts) => {
        const text = before + SECRET + after;
        const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(inPieces(redactor, pieces)).not.toContain(SECRET);
      }),
    );
  });

  test('of several lines is taken out line by line', () => {
    const key = new Redactor(['line-number-one\nline-number-two\n']);
    expect(key.redact('x line-number-two y')).toBe('x [redacted] y');
  });

  test('leaves every other text as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), (pieces) => {
        fc.pre(!pieces.join('').includes(SECRET));
        expect(inPieces(new Redactor([SECRET]), pieces)).toBe(pieces.join(''));
      }),
    );
  });

  test('that is too short to tell apart is left', () => {
    expect(new Redactor(['1', '']).redact('a1b')).toBe('a1b');
  });
});
