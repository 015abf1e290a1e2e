import { afterAll, beforeAll } from 'vitest';
import type { InstallationOptions } from '#test/support/installation.ts';
import { Battlefield } from './battlefield.ts';

/** The battlefield of one scenario: opened before its tests, closed after them. */
export function battlefield(options: InstallationOptions = {}): () => Battlefield {
  let field: Battlefield | undefined;
  beforeAll(async () => {
    field = await Battlefield.open(options);
  });
  afterAll(() => field?.close());
  return () => {
    if (field === undefined) throw new Error('the battlefield could not be opened');
    return field;
  };
}
