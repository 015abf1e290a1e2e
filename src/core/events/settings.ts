import { text, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How events are told to others. */
export const eventSettings = {
  coreName: {
    section: 'Events',
    kind: text(),
    env: ['CORE_NAME'],
    default: 'default',
    description: 'What this installation is called in events, for those who listen to several.',
  },
  eventSource: {
    section: 'Events',
    kind: text('a URI', /^[a-z][a-z0-9+.-]*:\S+$/i),
    env: ['EVENT_SOURCE'],
    default: 'urn:garrison:controllers',
    description: 'The source that events name, a URI.',
  },
  eventMaxAgeSeconds: {
    section: 'Events',
    kind: wholeNumber(0, 31_536_000, 'seconds'),
    env: ['EVENT_DELIVERY_MAX_AGE_SECONDS'],
    default: 3_600,
    description:
      'An event that could not be delivered for so long is given up, and the log of deliveries says so. 0: never.',
  },
} as const satisfies Settings;
