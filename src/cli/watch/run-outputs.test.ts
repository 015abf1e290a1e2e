import { expect, test } from 'vitest';
import type { FleetEvent } from '#client/edge-fleet/wire.ts';
import { collectOutputs } from './run-outputs.ts';

async function* events(nodes: number, text: (node: number) => string): AsyncGenerator<FleetEvent, void, void> {
  for (let node = 0; node < nodes; node += 1) {
    const place = { node_id: `n-${node}`, command_id: `c-${node}` };
    yield { event: 'command_progress', id: '', data: { ...place, chunk: { stdout: text(node) } } };
    yield { event: 'command_result', id: '', data: { ...place, result: { ok: { exit_code: 0, duration_ms: 1 } } } };
  }
}

test('what many nodes said alike is kept once', async () => {
  const outputs = await collectOutputs(
    events(1_000, () => 'x'.repeat(1_000)),
    2_000,
  );
  expect([outputs.size, outputs.get('n-999')?.end]).toEqual([1_000, 'ok']);
});

test('more than fits is refused with advice', async () => {
  const tooMuch = collectOutputs(
    events(3, (node) => `${node}`.repeat(1_000)),
    2_500,
  );
  await expect(tooMuch).rejects.toMatchObject({ advice: expect.stringContaining('--node') });
});
