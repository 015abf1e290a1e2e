import type { ExecutionFiles } from '#daemon/executions/executor.ts';

/** For tests whose tools have no files to send or fetch. */
export const noFiles: ExecutionFiles = {
  upload: () => Promise.reject(new Error('this test has no controller to upload to')),
  download: () => Promise.reject(new Error('this test has no controller to download from')),
};
