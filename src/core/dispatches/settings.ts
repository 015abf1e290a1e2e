import { choice, duration, path, size, text, wholeNumber } from '#settings/kinds.ts';
import type { Settings } from '#settings/read-settings.ts';

/** Where repositories are, which agents there are beside those of the product, and what models cost. */
export const dispatchSettings = {
  gitBaseUrl: {
    section: 'Coding agents',
    kind: text('an https, http, ssh or file URL without credentials', /^(https?|ssh|file):\/\/[^\s@]*$/),
    env: ['GARRISON_GIT_BASE_URL'],
    default: 'https://github.com',
    description: 'Where `owner/repo` of a dispatch is found. Read by daemons too.',
  },
  agentsFile: {
    section: 'Coding agents',
    kind: path,
    env: ['GARRISON_AGENTS'],
    defaultText: 'the agents of the product',
    description:
      'YAML file of agents by name (`agents: { NAME: { command: […], prompt: stdin } }`). Read by daemons too.',
  },
  dispatchLogLimitBytes: {
    section: 'Coding agents',
    kind: size(4_096, 1_024 * 1_048_576),
    env: ['GARRISON_DISPATCH_LOG_LIMIT'],
    default: 64 * 1_048_576,
    description: 'Bytes of the log of one dispatch that are kept: head and tail, with a marker between.',
  },
  dispatchGraceMs: {
    section: 'Coding agents',
    kind: duration(1_000, 86_400_000),
    env: ['GARRISON_DISPATCH_GRACE'],
    default: 120_000,
    defaultText: '2m',
    description:
      'How long a machine may be away while an agent works there. One that is back by then keeps the dispatch; otherwise that has failed as `worker_lost`.',
  },
  whenBudgetSpent: {
    section: 'Coding agents',
    kind: choice('end', 'ask'),
    env: ['GARRISON_WHEN_BUDGET_SPENT'],
    default: 'end',
    description:
      'What becomes of a dispatch whose budget is spent, where it does not say so itself: `end`, or `ask`: its agent waits until somebody has given it more.',
  },
  dispatchRetentionDays: {
    section: 'Coding agents',
    kind: wholeNumber(1, 3_650, 'days'),
    env: ['GARRISON_DISPATCH_RETENTION_DAYS'],
    default: 90,
    description:
      'How many days dispatches are kept after their end. Their artifacts go with them, or before (`GARRISON_ARTIFACT_RETENTION_DAYS`), and so do their logs (`GARRISON_RETENTION_DAYS`).',
  },
  modelPricesFile: {
    section: 'Coding agents',
    kind: path,
    env: ['GARRISON_MODEL_PRICES'],
    defaultText: 'list prices of a few models',
    description:
      'YAML file of prices in US dollars for a million tokens (`MODEL: { input: 5, output: 25, cachedInput: 0.5 }`); a model is found by the beginning of its name.',
  },
} as const satisfies Settings;
