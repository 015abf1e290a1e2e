import { expect, test } from 'vitest';
import { collectOutputs, type Heard } from './run-outputs.ts';

async function* heard(nodes: number, text: (node: number) => string): AsyncGenerator<Heard, void, void> {
  for (let node = 0; node < nodes; node += 1) {
    const place = { node_id: `n-${node}`, command_id: `c-${node}` };
    yield { event: { event: 'command_progress', id: '', data: { ...place, chunk: { stdout: text(node) } } } };
    const result = { ok: { exit_code: 0, duration_ms: 1 } };
    yield { event: { event: 'command_result', id: '', data: { ...place, result } } };
  }
}

test('what many nodes said alike is kept once', async () => {
  const outputs = await collectOutputs(
    heard(1_000, () => 'x'.repeat(1_000)),
    2_000,
  );
  expect([outputs.size, outputs.get('n-999')?.end]).toEqual([1_000, 'ok']);
});

test('more than fits is refused with advice', async () => {
  const tooMuch = collectOutputs(
    heard(3, (node) => `${node}`.repeat(1_000)),
    2_500,
  );
  await expect(tooMuch).rejects.toMatchObject({ advice: expect.stringContaining('--node') });
});
