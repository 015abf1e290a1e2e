import type { LivePeers } from '#core/controllers/live-peers.ts';
import { Reconciler } from '#runtime/reconciler.ts';
import type { ReachableAddresses } from '../reachable-addresses.ts';
import type { ServiceStack } from '../service-stack.ts';
import type { Base } from './base.ts';
import type { SessionsPart } from './sessions.ts';
import type { TrustPart } from './trust.ts';

export interface AddressesNeeds extends Pick<Base, 'log' | 'onFailure'> {
  readonly trust: Pick<TrustPart, 'certificate'>;
  readonly sessions: Pick<SessionsPart['sessions'], 'tellEndpoints'>;
  readonly addresses: ReachableAddresses;
  readonly peers: Pick<LivePeers, 'onChange'>;
}

const LOOK_EVERY_MS = 60_000;

/**
 * Keeps up with where controllers are: an address of this machine that is new gets into the certificate before anybody is
 * sent there, and nodes that are connected are told of it, and of other controllers that have come.
 */
export async function startAddresses(stack: ServiceStack, needs: AddressesNeeds): Promise<void> {
  const { trust, sessions, addresses, peers, log, onFailure } = needs;
  const tellNews = () => {
    if (addresses.takeNews()) sessions.tellEndpoints().catch(onFailure);
  };
  peers.onChange(tellNews);
  trust.certificate.onRenewed(({ serial, notAfter }) =>
    log.info({ serial, notAfter }, 'the certificate of this controller was renewed'),
  );
  const name = 'addresses of this machine';
  const reconcile = async () => {
    await trust.certificate.renewIfDue();
    addresses.look();
    tellNews();
  };
  await stack.start(name, new Reconciler({ name, everyMs: LOOK_EVERY_MS, reconcile, onFailure }));
}
