import type { XStatic } from 'typebox/schema';
import { timeoutSeconds } from './strings.ts';

export const serviceSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    /** Unit name, with or without its suffix: `nginx`, `getty@tty1.service`. */
    name: {
      type: 'string',
      pattern: '^[A-Za-z0-9_@][A-Za-z0-9:_.@\\\\-]*$',
      maxLength: 255,
      description: 'the name of a unit',
    },
    timeout_secs: timeoutSeconds,
  },
} as const;

export type ServiceArgs = XStatic<typeof serviceSchema>;
