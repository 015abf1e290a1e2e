import { type FleetError, invalidField } from '../kernel/fleet-error.ts';

/** Lower case, digits and `. _ : / -`, 63 characters at most, the first a letter or digit. */
export const TAG_PATTERN = '^[a-z0-9][a-z0-9._:/-]{0,62}$';

export const MAX_TAG_LENGTH = 63;

export const MAX_TAGS = 64;

const tagForm = new RegExp(TAG_PATTERN);

/** @throws FleetError `invalid` that names `field`. */
export function checkTags(field: string, tags: readonly string[]): void {
  const bad = tags.find((tag) => !tagForm.test(tag));
  if (bad !== undefined) throw invalidField(field, `${JSON.stringify(bad)} is not a tag; tags match ${TAG_PATTERN}`);
  if (tags.length > MAX_TAGS) throw tooManyTags(field);
}

export function tooManyTags(field: string): FleetError {
  return invalidField(field, `a node has at most ${MAX_TAGS} tags`);
}
