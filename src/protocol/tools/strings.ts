/** Schemas of the texts that end in a system call: no NUL, bounded. A `description` says what a `pattern` means. */

export const NO_NUL = '^[^\\u0000]*$';

/** An argument or a value; Linux takes 128 KiB in one argument. */
export const argumentText = {
  type: 'string',
  pattern: NO_NUL,
  maxLength: 131_071,
  description: 'text without NUL',
} as const;

export const absolutePath = {
  type: 'string',
  pattern: '^/[^\\u0000]*$',
  maxLength: 4095,
  description: 'an absolute path',
} as const;

export const userName = {
  type: 'string',
  pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,31}\\$?$',
  maxLength: 33,
  description: 'the name of a user',
} as const;

export const environment = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,127}$', maxLength: 128, description: 'the name of a variable' },
  additionalProperties: argumentText,
  maxProperties: 256,
} as const;

/** Longest run time in seconds; fractions are read. A week at most. */
export const timeoutSeconds = { type: 'number', exclusiveMinimum: 0, maximum: 604_800 } as const;
