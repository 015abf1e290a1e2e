/**
 * Takes secrets out of texts: as they are, and as base64, base64url, hexadecimal, JSON and URLs write them, also where
 * base64 begins in the middle of something longer. Of a secret of several lines every line that is long enough is one.
 *
 * A text may come in pieces: what could be the beginning of a secret is held back until the next piece, or the end.
 */
import { redactCredentials } from '#runtime/redact.ts';

const SHOWN = '[redacted]';
/** Shorter ones would take half of every text with them. */
const SHORTEST = 4;
const SHORTEST_ENCODED = 8;

export class Redactor {
  readonly #forms: readonly string[];
  readonly #longest: number;

  constructor(secrets: Iterable<string>) {
    const forms = new Set([...secrets].flatMap(formsOf));
    this.#forms = [...forms].sort((one, other) => other.length - one.length);
    this.#longest = this.#forms[0]?.length ?? 0;
  }

  /** For a text that is there as a whole. */
  redact(text: string): string {
    return redactCredentials(this.#withoutSecrets(text));
  }

  /** For one stream: call `push` with every piece, and `end` at its end. */
  stream(): RedactingStream {
    let held = '';
    return {
      push: (piece) => {
        const text = this.#withoutSecrets(held + piece);
        const keep = this.#couldGoOn(text);
        held = text.slice(text.length - keep);
        return text.slice(0, text.length - keep);
      },
      end: () => {
        const rest = held;
        held = '';
        return rest;
      },
    };
  }

  #withoutSecrets(text: string): string {
    let shown = text;
    for (const form of this.#forms) if (shown.includes(form)) shown = shown.replaceAll(form, SHOWN);
    return shown;
  }

  /** How many characters at the end of the text may be the beginning of a secret. */
  #couldGoOn(text: string): number {
    for (let length = Math.min(this.#longest - 1, text.length); length > 0; length -= 1) {
      const end = text.slice(text.length - length);
      if (this.#forms.some((form) => form.length > length && form.startsWith(end))) return length;
    }
    return 0;
  }
}

export interface RedactingStream {
  push(piece: string): string;
  end(): string;
}

function formsOf(secret: string): string[] {
  const whole = secret.trim();
  const lines = whole.includes('\n') ? whole.split('\n').map((line) => line.trim()) : [];
  const plain = [secret, whole, ...lines.filter((line) => line.length >= SHORTEST_ENCODED)];
  return [...new Set(plain)]
    .filter((text) => text.length >= SHORTEST)
    .flatMap((text) => [text, ...encodedFormsOf(text)]);
}

function encodedFormsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const encoded = [0, 1, 2].flatMap((shift) => base64Inside(bytes, shift));
  const hex = bytes.toString('hex');
  return [...encoded, hex, hex.toUpperCase(), encodeURIComponent(text), JSON.stringify(text).slice(1, -1)].filter(
    (form) => form.length >= SHORTEST_ENCODED && form !== text,
  );
}

/** The characters of base64 that depend on `bytes` alone, where `shift` other bytes stand before them. */
function base64Inside(bytes: Buffer, shift: number): string[] {
  const all = Buffer.concat([Buffer.alloc(shift), bytes]);
  const text = all.toString('base64').replaceAll('=', '');
  const from = shift === 0 ? 0 : shift + 1;
  const to = all.length % 3 === 0 ? text.length : text.length - 1;
  const inside = text.slice(from, to);
  return [inside, inside.replaceAll('+', '-').replaceAll('/', '_')];
}
