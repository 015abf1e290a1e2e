import type { Log } from '#runtime/log.ts';

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** One line per event, for people and the journal of systemd, which adds the time: `warn there is no session … problem="…"`. */
export function logToStderr(level: LogLevel, write = (line: string) => void process.stderr.write(line)): Log {
  return logWith(level, {}, write);
}

function logWith(level: LogLevel, common: object, write: (line: string) => void): Log {
  const at = (own: LogLevel) =>
    LEVELS.indexOf(own) < LEVELS.indexOf(level)
      ? () => {}
      : (facts: object, message: string) => write(`${own} ${message}${describe({ ...common, ...facts })}\n`);
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => logWith(level, { ...common, ...facts }, write),
  };
}

function describe(facts: object): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  return known.map(([name, value]) => ` ${name}=${textOf(value)}`).join('');
}

function textOf(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w.:/@+-]*$/.test(text) ? text : JSON.stringify(text);
}
