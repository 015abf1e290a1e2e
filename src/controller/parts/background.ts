import { isWeakLeader } from '#core/controllers/sharding-topology.ts';
import { Reconciler } from '#runtime/reconciler.ts';
import type { ServiceStack } from '../service-stack.ts';
import { type BackgroundPass, PASSES, type PassName, type PassNeeds } from './passes.ts';

/** Each pass by its name: whoever has committed what one of them looks for nudges it. */
export type BackgroundPart = Readonly<Record<PassName, Reconciler>>;

/** What has to be looked at again and again: the passes of the table, each a service. */
export async function startBackground(stack: ServiceStack, needs: PassNeeds): Promise<BackgroundPart> {
  const passes = Object.entries<BackgroundPass>(PASSES).map(
    ([name, pass]) => [name, reconcilerOf(name, pass, needs)] as const,
  );
  for (const [name, reconciler] of passes) await stack.start(name, reconciler);
  return Object.fromEntries(passes) as BackgroundPart; // one for each name of the table
}

function reconcilerOf(name: string, { everyMs, runsOn, run }: BackgroundPass, needs: PassNeeds): Reconciler {
  const { db, clock, controllerId, config, log } = needs;
  return new Reconciler({
    name,
    everyMs: typeof everyMs === 'number' ? everyMs : everyMs(config),
    async reconcile(signal) {
      if (runsOn === 'one controller' && !(await isWeakLeader(db, clock, controllerId))) return;
      await run(needs, signal);
    },
    onFailure: (error) => log.warn({ err: error, pass: name }, 'a background pass failed; it will be tried again'),
  });
}
