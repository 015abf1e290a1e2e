import { InvalidArgumentError } from 'commander';

/** Collects a repeatable option into a list. */
export function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Collects a repeatable `key=value` option. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is written key=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** A value of a tool's argument: JSON where it is JSON (`3`, `true`, `["a"]`), text where not. */
export function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function readObject(text: string): Readonly<Record<string, unknown>> {
  const value = readValue(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>; // checked here
  throw new InvalidArgumentError(`It is a JSON object, such as '{"name":"nginx"}'.`);
}
