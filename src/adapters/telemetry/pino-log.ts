import { type DestinationStream, type Logger, pino } from 'pino';
import type { Log } from '#runtime/log.ts';
import { redactCredentials } from '#runtime/redact.ts';

/** Names under which a secret could get into a log line by accident; values of type `Secret` redact themselves. */
const NEVER_SHOWN = ['key', 'token', 'secret', 'password', 'authorization', 'join_secret', 'client_key', 'api_token'];

/** Waits for a slow reader of the log; beyond it lines are dropped, and the next one that gets through says how many. */
const MAX_BUFFERED_BYTES = 16 * 1_048_576;

/** JSON lines on standard error; standard output belongs to answers. A reader that stands still holds nobody up. */
export function createLog(level: string, fd: 1 | 2 = 2): Log {
  const destination = pino.destination({ fd, sync: false, minLength: 0, maxLength: MAX_BUFFERED_BYTES });
  const log = logTo(destination, level);
  let dropped = 0;
  destination.on('drop', () => {
    dropped += 1;
  });
  destination.on('drain', () => {
    if (dropped === 0) return;
    const lines = dropped;
    dropped = 0;
    log.warn({ lines }, 'lines of the log were dropped: its reader is too slow');
  });
  return log;
}

export function logTo(destination: DestinationStream, level: string): Log {
  const redact = { paths: NEVER_SHOWN.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' };
  const hooks = { streamWrite: redactCredentials };
  return wrap(pino({ level, redact, hooks, base: null, serializers: { err: describeError } }, destination));
}

function wrap(logger: Logger): Log {
  return {
    debug: (facts, message) => logger.debug(facts, message),
    info: (facts, message) => logger.info(facts, message),
    warn: (facts, message) => logger.warn(facts, message),
    error: (facts, message) => logger.error(facts, message),
    child: (facts) => wrap(logger.child(facts)),
  };
}

const MAX_CAUSES = 5;

/** Name, code, message, stack, facts of ours and the chain of causes; never the values a driver hangs on its errors. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause, code, facts } = error as Error & { code?: unknown; facts?: unknown };
  return {
    name,
    ...(code !== undefined && { code }),
    message,
    stack,
    ...(facts !== undefined && { facts }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: describeError(cause, depth + 1) }),
    ...(error instanceof AggregateError && {
      errors: error.errors.slice(0, 5).map((one) => describeError(one, depth + 1)),
    }),
  };
}
