import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { Service } from './service.ts';
import { stressService } from './service-stress.ts';

const good: Service = { name: 'good', start: async () => {}, stop: async () => {} };

test('passes a service that keeps the contract', () => stressService(() => good, { canRestart: true }));

test.each<[string, Partial<Service>, string]>([
  ['stop before start throws', { stop: () => Promise.reject(new Error('not started')) }, 'not started'],
  ['stop never ends', { stop: () => new Promise(() => {}) }, 'good: start, stop: stop did not end within 50 ms'],
  ['start never ends', { start: () => new Promise(() => {}) }, 'start did not end within 50 ms'],
])('finds out when %s', async (_, fault, message) => {
  await expect(stressService(() => ({ ...good, ...fault }), { patienceMs: 50 })).rejects.toThrow(message);
});

test('finds out when starting twice starts twice', async () => {
  let starts = 0;
  const counting = () => {
    starts = 0;
    const start = async () => {
      starts += 1;
    };
    return { ...good, start };
  };
  const probe = async () => expect(starts).toBe(1);
  await expect(stressService(counting, { probe })).rejects.toThrow('expected 2 to be 1');
});

test('finds out what was left open', async () => {
  const servers: { close(): void }[] = [];
  const leaky = () => ({ ...good, start: async () => void servers.push(createServer().listen(0, '127.0.0.1')) });
  await expect(stressService(leaky)).rejects.toThrow('left open');
  for (const server of servers) server.close();
});
