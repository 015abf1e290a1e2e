import type { Log } from '#runtime/log.ts';
import type { ControllerConfig } from '../config.ts';

/** What nearly every part is given. */
export interface Base {
  readonly config: ControllerConfig;
  readonly log: Log;
  /** Work that is repeated anyway has failed. */
  readonly onFailure: (error: unknown) => void;
}

export function makeBase(config: ControllerConfig, log: Log): Base {
  const onFailure = (error: unknown) =>
    log.warn({ err: error }, 'something in the background failed; it will be tried again');
  return { config, log, onFailure };
}
