import type { XStatic } from 'typebox/schema';

/** One bundle of a release, for one platform. */
const bundle = {
  type: 'object',
  additionalProperties: false,
  required: ['platform', 'sha256', 'signature'],
  properties: {
    platform: { type: 'string', maxLength: 40, description: 'as Node calls it: linux-x64' },
    sha256: {
      type: 'string',
      pattern: '^[0-9a-f]{64}$',
      maxLength: 64,
      description: 'of the bundle; it is fetched by it',
    },
    signature: { type: 'string', maxLength: 16_384, description: 'its .minisig file' },
  },
} as const;

export const selfUpdateSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    bundles: { type: 'array', maxItems: 16, items: bundle, description: 'the release, once for each platform' },
    wait_secs: {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      description: 'how long what runs on the node is waited for; default 600',
    },
    interrupt: { type: 'boolean', description: 'do not wait: what runs is ended as interrupted' },
  },
} as const;

export type SelfUpdateArgs = XStatic<typeof selfUpdateSchema>;
