import { failed } from '../../executions/executor.ts';
import type { ToolRunner } from '../tool-context.ts';

/** Brings this daemon to the release the order names. */
export const selfUpdate: ToolRunner<'self.update'> = async (args, { updates }, io, { executionId }) =>
  updates?.run(args, io, executionId) ?? failed('not_updatable', 'this daemon has no release that could be replaced');
