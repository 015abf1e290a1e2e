/** The relay of one agent in a process of its own, as it is in a daemon. */

import { BudgetGate } from '#daemon/agents/relay/budget-gate.ts';
import { ModelRelay } from '#daemon/agents/relay/model-relay.ts';
import { UsageMeter } from '#daemon/agents/relay/usage-meter.ts';
import { serveParent } from './child.ts';

export interface RelayPlace {
  readonly socket: string;
  readonly upstream: string;
  readonly ownKey: string;
}

serveParent<RelayPlace>({
  async start({ socket, upstream, ownKey }) {
    const meter = new UsageMeter(undefined);
    const relay = new ModelRelay({
      ...{ socket, ownKey, meter },
      gate: new BudgetGate(meter, undefined),
      user: undefined,
      key: 'the-real-one',
      target: { upstream, keyHeader: 'authorization', allowed: [['POST', '/*']] },
    });
    await relay.start();
  },
});
