import { fileURLToPath } from 'node:url';

/** Set while a release is under test: its `bin/garrison`. */
export const programVariable = 'PROGRAM_UNDER_TEST';

/** The program that tests start: of this checkout, or of the release that is under test (`release-under-test.ts`). */
export const garrison = process.env[programVariable] ?? fileURLToPath(new URL('../../bin/garrison', import.meta.url));
