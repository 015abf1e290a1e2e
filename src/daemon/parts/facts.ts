import type { DaemonPart } from '../daemon-part.ts';
import type { FactsWatch } from '../facts/facts-watch.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { SessionLink } from '../session/session-link.ts';

export interface FactsPart extends DaemonPart {
  /** For Hello. */
  tell(): HostFacts;
  changed(): void;
}

/** A controller cuts whoever tells of changes more often than once a second for long; slots of agents change with each that comes and goes. */
const TOLD_EVERY_MS = 2_000;

/** Tells the controller when facts change that it was told in Hello, or since: at once, and then what is newest after a while. */
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
  let sentAt = Number.NEGATIVE_INFINITY;
  let later: NodeJS.Timeout | undefined;
  /** Hello may have been sent before they changed, and Welcome not have come. */
  const changed = () => {
    if (!isSessionOpen() || told === facts.current || later !== undefined) return;
    const waitMs = sentAt + TOLD_EVERY_MS - performance.now();
    if (waitMs > 0) {
      later = setTimeout(() => {
        later = undefined;
        changed();
      }, waitMs).unref();
      return;
    }
    sentAt = performance.now();
    link.send({ $case: 'factsChanged', value: { facts: tell() } });
  };
  const stop = () => {
    clearTimeout(later);
    facts.stop();
  };
  return { name: 'facts', tell, changed, onWelcome: changed, start: () => facts.start(), stop };
}
