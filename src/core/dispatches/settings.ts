import { path, size, text } from '#settings/kinds.ts';
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
  modelPricesFile: {
    section: 'Coding agents',
    kind: path,
    env: ['GARRISON_MODEL_PRICES'],
    defaultText: 'list prices of a few models',
    description:
      'YAML file of prices in US dollars for a million tokens (`MODEL: { input: 5, output: 25, cachedInput: 0.5 }`); a model is found by the beginning of its name.',
  },
} as const satisfies Settings;
