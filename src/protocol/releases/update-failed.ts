import type { ExecutionErrorCode } from '../tools/execution-error-codes.ts';

/** Why a release does not take the place of the present one. The message is for people. */
export class UpdateFailed extends Error {
  readonly code: ExecutionErrorCode;

  constructor(code: ExecutionErrorCode, message: string) {
    super(message);
    this.name = 'UpdateFailed';
    this.code = code;
  }
}
