import { expect, test } from 'vitest';
import { type DialParts, dialTarget } from './dial-target.ts';

const rules = { blockedHosts: [], blockedPorts: [], allowedHosts: [] };

test('a resolver that does not answer is asked for two names at a time, and whoever waits is let go in time', async () => {
  const asked: string[] = [];
  const answers: ((addresses: string[]) => void)[] = [];
  const parts: DialParts = {
    policy: {},
    rules,
    ownAddress: async () => undefined,
    resolve: (host) => {
      asked.push(host);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  const given = new AbortController();
  const names = ['a.example', 'b.example', 'c.example', 'd.example'];
  const dialled = names.map((host) => dialTarget(parts, { host, port: 80 }, given.signal).catch((error) => error));
  await expect.poll(() => asked).toEqual(['a.example', 'b.example']);
  answers[0]?.(['127.0.0.1']);
  expect(await dialled[0]).toMatchObject({ reason: 'localhost_blocked' });
  await expect.poll(() => asked.length).toBe(3);
  given.abort(new Error('given up'));
  expect(await Promise.all(dialled.slice(1))).toMatchObject(Array(3).fill({ message: 'given up' }));
  expect(asked).toHaveLength(3);
  for (const answer of answers) answer([]);
});
