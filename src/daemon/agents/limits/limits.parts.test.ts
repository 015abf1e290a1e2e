import { afterEach, describe, expect, test } from 'vitest';
import { LIMITS_KINDS } from '#protocol/tools/agent-result.ts';
import { AgentDesk, hasBubblewrap } from '#test/support/agent-desk.ts';
import { findLimits, type Limits } from './find-limits.ts';

const RLIMITS: Limits = { kind: 'rlimits' };
const found = findLimits();
const here = new Map([found, RLIMITS].map((limits) => [limits.kind, limits]));

const desks: AgentDesk[] = [];
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close();
});

function setup(limits: Limits | undefined, script: string): AgentDesk {
  const desk = new AgentDesk({ scripts: { own: script }, host: { limits } });
  desks.push(desk);
  return desk;
}

const FORKS = 'i=0; while [ $i -lt 200 ]; do sleep 600 & i=$((i+1)); done 2>/dev/null; echo started all';
const WRITES = 'head -c 5000000 /dev/zero > a; wc -c < a';

describe.each(LIMITS_KINDS)('limits by %s', (kind) => {
  const limits = here.get(kind);

  describe.runIf(hasBubblewrap && limits !== undefined)('(where this machine has them)', () => {
    test('are said to be in force', async () => {
      const desk = setup(limits, 'true');
      expect(desk.agents.facts().limits).toBe(kind);
      expect((await desk.run({ agent: 'own' })).result.sandbox.limits).toBe(kind);
    });

    test('end what starts processes without end', async () => {
      const ran = await setup(limits, FORKS).run({ agent: 'own', limits: { processes: 32 } });
      expect(ran.outcome).toBe('failed');
      expect(ran.output).not.toContain('started all');
    });

    test('let no file grow larger than it may', async () => {
      const ran = await setup(limits, WRITES).run({ agent: 'own', limits: { file_mb: 1 } });
      expect(ran.log.map(({ message }) => message)).toContain('1048576');
    });

    test.skipIf(kind === 'rlimits')('end what takes too much memory, for that reason', async () => {
      const ran = await setup(limits, 'tail /dev/zero').run({ agent: 'own', limits: { memory_mb: 64 } });
      expect(ran).toMatchObject({ outcome: 'failed', errorCode: 'limit_exceeded' });
    });
  });
});
