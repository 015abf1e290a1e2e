import { type Logger, pino, stdSerializers } from 'pino';
import type { Log } from '#runtime/log.ts';

/** Names under which a secret could get into a log line by accident; values of type `Secret` redact themselves. */
const NEVER_SHOWN = ['key', 'token', 'secret', 'password', 'authorization', 'join_secret', 'client_key', 'api_token'];

/** JSON lines on standard error; standard output belongs to answers. */
export function createLog(level: string, destination: 1 | 2 = 2): Log {
  const redact = { paths: NEVER_SHOWN.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' };
  return wrap(
    pino(
      { level, redact, base: null, serializers: { err: stdSerializers.err } },
      pino.destination({ fd: destination, sync: true }),
    ),
  );
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
