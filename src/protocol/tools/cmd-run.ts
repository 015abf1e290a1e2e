import type { XStatic } from 'typebox/schema';
import { absolutePath, argumentText, environment, timeoutSeconds, userName } from './strings.ts';

const fields = {
  type: 'object',
  additionalProperties: false,
  properties: {
    /** An executable: a path, or a name looked up on the PATH. No shell splits or expands it. */
    command: { ...argumentText, minLength: 1 },
    args: { type: 'array', items: argumentText, maxItems: 8192 },
    /** `command` and `args` in one list; instead of them. */
    argv: { type: 'array', items: argumentText, minItems: 1, maxItems: 8193 },
    /** Default `/`. */
    cwd: absolutePath,
    env: environment,
    /** Written to the standard input, which then ends; without it the standard input is empty. */
    stdin: { type: 'string', maxLength: 1_048_576 },
    /** Only where the daemon runs as root. */
    user: userName,
    timeout_secs: timeoutSeconds,
    /** It outlives a stop of the daemon, and is followed by its next life. Default: it is ended with it. */
    detached: { type: 'boolean' },
  },
} as const;

export type CmdRunArgs = XStatic<typeof fields>;

export const cmdRunSchema = {
  ...fields,
  oneOf: [{ required: ['command'] }, { required: ['argv'], properties: { args: false } }],
} as const;

/** The executable and its arguments, whichever way they were written. */
export function readCommandLine(args: CmdRunArgs): readonly [string, ...string[]] {
  const [first, ...rest] = args.argv ?? [];
  if (first !== undefined) return [first, ...rest];
  return [args.command ?? '', ...(args.args ?? [])];
}
