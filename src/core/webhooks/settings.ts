import { duration, wholeNumber, yesOrNo } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** How events are posted. */
export const webhookSettings = {
  webhookMaxAttempts: {
    section: 'Events',
    kind: wholeNumber(1, 100),
    env: ['WEBHOOK_MAX_ATTEMPTS'],
    default: 3,
    description: 'How often an event is posted at most, the first time too.',
  },
  webhookAllowPrivateIps: {
    section: 'Events',
    kind: yesOrNo,
    env: ['WEBHOOK_ALLOW_PRIVATE_IPS'],
    default: false,
    description:
      'Webhooks may point to private, loopback and link-local addresses. Whoever may make webhooks can then reach what the controller can.',
  },
  webhookPauseAfterMs: {
    section: 'Events',
    kind: duration(60_000, 90 * 86_400_000),
    env: ['GARRISON_WEBHOOK_PAUSE_AFTER'],
    default: 3 * 86_400_000,
    description: 'A webhook to which nothing could be delivered for so long is paused, until somebody resumes it.',
  },
} as const satisfies Settings;
