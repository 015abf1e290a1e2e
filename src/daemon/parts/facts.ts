import type { DaemonPart } from '../daemon-part.ts';
import type { FactsWatch } from '../facts/facts-watch.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { SessionLink } from '../session/session-link.ts';

export interface FactsPart extends DaemonPart {
  /** For Hello. */
  tell(): HostFacts;
  changed(): void;
}

/** Tells the controller when facts change that it was told in Hello, or since. */
export function factsPart(
  facts: Pick<FactsWatch, 'current' | 'start' | 'stop'>,
  link: SessionLink,
  isSessionOpen: () => boolean,
): FactsPart {
  let told: HostFacts | undefined;
  const tell = () => {
    told = facts.current;
    return told;
  };
  /** Hello may have been sent before they changed, and Welcome not have come. */
  const changed = () => {
    if (isSessionOpen() && told !== facts.current) link.send({ $case: 'factsChanged', value: { facts: tell() } });
  };
  return { name: 'facts', tell, changed, onWelcome: changed, start: () => facts.start(), stop: () => facts.stop() };
}
