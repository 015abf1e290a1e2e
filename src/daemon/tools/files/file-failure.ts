import type { ExecutionErrorCode } from '#protocol/tools/execution-error-codes.ts';
import { failed, type ToolEnding } from '../../executions/executor.ts';

type FileErrorCode = Extract<
  ExecutionErrorCode,
  | 'path_refused'
  | 'path_not_found'
  | 'wrong_file_type'
  | 'file_too_large'
  | 'file_exists'
  | 'file_io_failed'
  | 'invalid_arguments'
>;

/** Why a file tool could not do it. `message` is for the caller. */
export class FileFailure extends Error {
  readonly code: FileErrorCode;

  constructor(code: FileErrorCode, message: string) {
    super(message);
    this.name = 'FileFailure';
    this.code = code;
  }

  /** What the system said about `path`. */
  static of(error: unknown, path: string): FileFailure {
    if (error instanceof FileFailure) return error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    switch (code) {
      case 'ENOENT':
        return new FileFailure('path_not_found', `there is nothing at ${path}`);
      case 'ENOTDIR':
        return new FileFailure('path_not_found', `there is nothing at ${path}: its parent is not a directory`);
      case 'ELOOP':
        return new FileFailure('path_refused', `${path} is a link, or its path has too many links`);
      case 'EISDIR':
        return new FileFailure('wrong_file_type', `${path} is a directory`);
      case 'EEXIST':
        return new FileFailure('file_exists', `there is something at ${path} already`);
      case 'EACCES':
      case 'EPERM':
        return new FileFailure('file_io_failed', `the user that the order acts as may not do that at ${path}`);
      case 'ENOSPC':
      case 'EDQUOT':
        return new FileFailure('file_io_failed', `there is no room on the disk for ${path}`);
      default:
        return new FileFailure('file_io_failed', `the system could not do that at ${path} (${code})`);
    }
  }
}

export function endingOfFailure(error: unknown, path: string): ToolEnding {
  const failure = FileFailure.of(error, path);
  return failed(failure.code, failure.message);
}
