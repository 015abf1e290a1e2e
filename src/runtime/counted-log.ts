import type { Log } from './log.ts';

/** A warning that comes again within so long is counted. */
const TOLD_EVERY_MS = 60_000;
/** Different warnings that are told apart; further ones are by their sentence alone. */
const TOLD_APART = 256;

/**
 * A log in which a warning that comes again and again is told once a minute, with how often it came: what anybody outside
 * can bring about must not fill the disk. Errors, and everything below a warning, pass as they are.
 */
export function countedLog(log: Log): Log {
  return counted(log, new Map());
}

function counted(log: Log, repeats: Map<string, number>): Log {
  function warn(facts: object, message: string): void {
    const key = keyOf(facts, message);
    const name = repeats.size < TOLD_APART || repeats.has(key) ? key : message;
    const before = repeats.get(name);
    if (before !== undefined) return void repeats.set(name, before + 1);
    log.warn(facts, message);
    repeats.set(name, 0);
    setTimeout(() => tell(name, facts, message), TOLD_EVERY_MS).unref();
  }

  function tell(name: string, facts: object, message: string): void {
    const again = repeats.get(name) ?? 0;
    repeats.delete(name);
    if (again > 0) log.warn({ ...facts, again, withinMs: TOLD_EVERY_MS }, message);
  }

  return {
    debug: (facts, message) => log.debug(facts, message),
    info: (facts, message) => log.info(facts, message),
    error: (facts, message) => log.error(facts, message),
    warn,
    child: (facts) => counted(log.child(facts), repeats),
  };
}

function keyOf(facts: object, message: string): string {
  const problem = 'err' in facts && facts.err instanceof Error ? facts.err.message.slice(0, 200) : '';
  return `${message} ${problem}`;
}
