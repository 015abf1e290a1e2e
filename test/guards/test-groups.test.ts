import { describe, expect, test } from 'vitest';
import config from '../../vitest.config.ts';

/**
 * Vitest refuses a whole run in which two projects of one `groupOrder` have different numbers of workers, and only a
 * run of all of them shows it. So the settings are compared here.
 */
describe('groups of tests', () => {
  test('that run in one order have the same number of workers', () => {
    const workersByOrder = Map.groupBy(projectTests(), (test) => test.sequence?.groupOrder ?? 0);
    for (const [order, tests] of workersByOrder) {
      const workers = new Set(tests.map((test) => (test.fileParallelism === false ? 1 : test.maxWorkers)));
      expect([...workers], `the projects of order ${order}: ${tests.map((test) => test.name).join(', ')}`).toHaveLength(
        1,
      );
    }
  });

  test('that measure are alone', () => {
    const tests = projectTests();
    const hostile = tests.find((test) => test.name === 'hostile');
    const beside = tests.filter((test) => test.sequence?.groupOrder === hostile?.sequence?.groupOrder);
    expect(beside.map((test) => test.name)).toEqual(['hostile']);
  });
});

interface GroupSettings {
  name?: unknown;
  maxWorkers?: number | string;
  fileParallelism?: boolean;
  sequence?: { groupOrder?: number };
}

function projectTests(): GroupSettings[] {
  return (config.test?.projects ?? []).map((project) => (project as { test: GroupSettings }).test);
}
