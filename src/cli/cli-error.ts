import { ExitCode } from './exit-codes.ts';

export interface CliErrorOptions {
  readonly exitCode?: ExitCode;
  /** What to do about it, in a sentence. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/** An error for the person at the terminal. The message says what happened and why, `advice` what to do. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly advice: string | undefined;

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.exitCode = options.exitCode ?? ExitCode.failed;
    this.advice = options.advice;
  }
}

export function usageError(message: string, advice?: string): CliError {
  return new CliError(message, { exitCode: ExitCode.usage, ...(advice !== undefined && { advice }) });
}

/** The command has said all there is to say and ends with this code. */
export class ExitWith extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit code ${exitCode}`);
    this.name = 'ExitWith';
    this.exitCode = exitCode;
  }
}
