import { invalidField } from '../kernel/fleet-error.ts';

const MAX_LENGTH = 128;

/** What a host is called: 1 to 128 characters, none of them a control character, no space at either end. */
export function checkDisplayName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '') throw invalidField('name', 'must not be blank');
  if ([...trimmed].length > MAX_LENGTH) throw invalidField('name', `must have at most ${MAX_LENGTH} characters`);
  if (/\p{Cc}/u.test(trimmed)) throw invalidField('name', 'must not have control characters');
  return trimmed;
}
