import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** What mostly waits, for databases, programs, leases and retries, keeps a small machine busy only two at a time. */
const SIDE_BY_SIDE = Math.max(2, availableParallelism() - 1);

/**
 * Beside the code: `x.test.ts` is alone in its process (unit); `x.parts.test.ts` starts processes or has a database.
 * What needs the whole product is in `test/`. Projects with their own number of workers come in an order of their own
 * (`groupOrder`); vitest refuses to start otherwise. What measures (hostile) is alone for that.
 */
export default defineConfig({
  test: {
    testTimeout: 30_000,
    // On a shared machine of CI a test that failed is tried once more, and the log says so (`retry x1`).
    retry: process.env.CI === undefined ? 0 : 1,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: {
      include: ['src/**/*.ts'],
      exclude: ['src/protocol/gen/**', '**/*.test.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
    },
    globalSetup: ['test/support/share-test-server.ts', 'test/support/release-under-test.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/support/*.test.ts', 'web/src/**/*.test.ts'],
          exclude: ['src/**/*.parts.test.ts'],
          setupFiles: ['test/support/only-this-process.ts'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['src/**/*.parts.test.ts'],
          maxWorkers: SIDE_BY_SIDE,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { name: 'guards', include: ['test/guards/**/*.test.ts'] } },
      { extends: true, test: { name: 'properties', include: ['test/properties/**/*.test.ts'] } },
      { extends: true, test: { name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'stories',
          include: ['stories', 'chaos', 'soak', 'skew'].map((folder) => `test/${folder}/**/*.test.ts`),
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: SIDE_BY_SIDE,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'hostile',
          include: ['test/hostile/**/*.test.ts'],
          testTimeout: 270_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/shared-site.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
