import { expect, test } from 'vitest';
import { policySentence, waveOf } from './policy-sentence.ts';

test.each([
  [{}, 'Runs on all at once; failures do not stop it; each has 1 h at most.'],
  [
    {
      mode: { Rolling: { batch: 5 } },
      failure_policy: { StopAfter: 2 },
      require_min_targets: 10,
      per_target_deadline_secs: null,
    },
    'Runs in waves of 5; 2 failures stop it; at least 10 nodes have to be there; each has as long as it takes.',
  ],
  [
    { mode: 'Sequential', failure_policy: 'FailFast', per_target_deadline_secs: 90 },
    'Runs one after the other; the first failure stops it; each has 1 min 30 s at most.',
  ],
  [{ mode: 'Parallel', max_concurrency: 20 }, 'Runs on 20 at a time; failures do not stop it; each has 1 h at most.'],
] as const)('%j is a sentence', (policy, sentence) => {
  expect(policySentence(policy)).toBe(sentence);
});

test('a wave is told by how many have ended', () => {
  expect(waveOf({ Rolling: { batch: 5 } }, 7, 12)).toEqual({ wave: 2, waves: 3 });
  expect(waveOf({ Rolling: { percent: 50 } }, 12, 12)).toEqual({ wave: 2, waves: 2 });
  expect(waveOf('Parallel', 1, 12)).toBeUndefined();
});
