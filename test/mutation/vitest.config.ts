import { defineConfig } from 'vitest/config';

/** Tests that need neither processes nor a database: each mutant is one run of those that reach it. */
export default defineConfig({
  test: {
    include: [
      'src/core/{runs,executions}/*.test.ts',
      'src/daemon/executions/*.test.ts',
      'test/properties/plan-run.test.ts',
    ],
    exclude: ['**/*.parts.test.ts'],
    testTimeout: 30_000,
  },
});
