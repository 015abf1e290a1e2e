import type { Say } from './agent-reader.ts';

export type JsonFields = Readonly<Record<string, unknown>>;

/** An event of an agent; what is none is said as it is: a warning, or a piece of a line that was too long. */
export function eventOf(text: string, say: Say): JsonFields | undefined {
  if (text.trim() === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // said below
  }
  say('agent', 'debug', text);
  return undefined;
}

export function isFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsAt(value: JsonFields, name: string): JsonFields {
  const found = value[name];
  return isFields(found) ? found : {};
}

export function textAt(value: JsonFields, name: string): string {
  const found = value[name];
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: JsonFields, name: string): number {
  const found = value[name];
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
}

export function listAt(value: JsonFields, name: string): readonly JsonFields[] {
  const found = value[name];
  return Array.isArray(found) ? found.filter(isFields) : [];
}

const LONGEST_INPUT = 400;

/** What a tool is asked for, on one line. */
export function shortJson(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length <= LONGEST_INPUT ? text : `${text.slice(0, LONGEST_INPUT)}…`;
}

/** Texts that come in pieces, said line by line. */
export class Pieces {
  readonly #say: (line: string) => void;
  #rest = '';
  #all = '';

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Since the last `flush`. */
  get text(): string {
    return this.#all;
  }

  push(piece: string): void {
    this.#all = (this.#all + piece).slice(-65_536);
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#say(line);
  }

  flush(): void {
    if (this.#rest !== '') this.#say(this.#rest);
    this.#rest = '';
  }

  restart(): void {
    this.flush();
    this.#all = '';
  }
}
