import { failed } from '../../executions/executor.ts';
import type { ToolRunner } from '../tool-context.ts';

/** Brings this daemon to the release the order names. */
export const selfUpdate: ToolRunner<'self.update'> = async (_args, host) => {
  if (!host.isSelfUpdateEnabled) {
    return failed(
      'updates_disabled',
      'this host does not let its daemon be updated from outside; set SELF_UPDATE_ENABLED=true there',
    );
  }
  return failed('no_release', 'no release has been published that this node could be brought to');
};
