/** What the first screen says. */
import { plural } from './format.ts';

export const overviewWords = {
  title: 'Overview',
  fleet: 'Fleet',
  nobody: 'No machine has joined yet',
  nobodyHint:
    'A machine makes its own key and dials out: no port is opened on it. This makes the line that it joins with.',
  add: 'Add a machine',
  running: 'Running now',
  runningNone: 'Nothing is running.',
  latest: 'Latest runs',
  allRuns: 'All runs',
  needs: 'Needs somebody',
  needsNone: 'Nothing waits for a person.',
  waiting: (count: number) =>
    plural(count, { one: '# machine asks to be let in', other: '# machines ask to be let in' }),
  ending: (count: number) =>
    plural(count, { one: '# certificate ends within two weeks', other: '# certificates end within two weeks' }),
  failed: (count: number) =>
    plural(count, { one: '# run of today had failures', other: '# runs of today had failures' }),
  failing: (count: number) => plural(count, { one: '# webhook fails', other: '# webhooks fail' }),
  versions: 'Versions',
  systems: 'Systems',
  unknown: 'not known yet',
  unhealthy: (count: number) => plural(count, { one: '# node is unhealthy', other: '# nodes are unhealthy' }),
  away: (count: number) => plural(count, { one: '# node is away', other: '# nodes are away' }),
} as const;
