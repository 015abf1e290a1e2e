import type { XStatic } from 'typebox/schema';
import { absolutePath, argumentText, environment, timeoutSeconds, userName } from './strings.ts';

export const scriptRunSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['script'],
  properties: {
    /** Text of any number of lines for a login shell: bash where there is one, else sh. */
    script: { ...argumentText, minLength: 1, maxLength: 1_048_576 },
    /** What the script finds as $1, $2 … */
    args: { type: 'array', items: argumentText, maxItems: 8192 },
    /** Written to the standard input, which then ends; without it the standard input is empty. */
    stdin: { type: 'string', maxLength: 1_048_576 },
    /** Default: the home of the user it runs as. */
    cwd: absolutePath,
    env: environment,
    /** Only where the daemon runs as root. */
    user: userName,
    timeout_secs: timeoutSeconds,
    /** It outlives a stop of the daemon, and is followed by its next life. Default: it is ended with it. */
    detached: { type: 'boolean' },
  },
} as const;

export type ScriptRunArgs = XStatic<typeof scriptRunSchema>;
