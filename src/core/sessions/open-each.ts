import type { DeliverableExecution, TakenExecution } from '../executions/store.ts';
import type { RunId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import { openArguments } from '../runs/secret-arguments.ts';

/**
 * Opens the secret arguments of executions that go to their nodes, once for each run. Arguments that do not open go
 * nowhere: the execution is left out and waits, rather than being run with something else, and keeps nobody else waiting.
 */
export function openEach(
  sealer: Pick<Sealer, 'open'>,
  taken: readonly TakenExecution[],
  onError: (error: unknown) => void,
): DeliverableExecution[] {
  const opened = new Map<RunId, string | undefined>();
  return taken.flatMap(({ sealedArgs, ...execution }) => {
    const { runId, argsJson } = execution;
    if (!opened.has(runId))
      opened.set(
        runId,
        tryOpen(() => openArguments(sealer, runId, { argsJson, sealedArgs }), onError),
      );
    const whole = opened.get(runId);
    return whole === undefined ? [] : [{ ...execution, argsJson: whole }];
  });
}

function tryOpen(open: () => string, onError: (error: unknown) => void): string | undefined {
  try {
    return open();
  } catch (error) {
    onError(error);
    return undefined;
  }
}
