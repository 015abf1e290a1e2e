import { expect, test } from 'vitest';
import { battlefield } from './support/battlefield-hooks.ts';

const field = battlefield();

interface Report {
  readonly flood: { readonly connections: number; readonly bytes: number };
  readonly silent: number;
  readonly asking: number;
  readonly tokens: number;
}

/** More than a connection may send for nothing, and than is sent before anybody looks. */
const PLENTY = 100 * 1_048_576;

test('a certificate lets a node neither flood nor come back without end', async () => {
  const report = await field().attackedBy<Report>('certified-loops', { secret: await field().joinKey() });
  expect(report.flood.bytes).toBeGreaterThan(1_000_000);
  if (report.flood.bytes > PLENTY) expect(report.flood.connections).toBeGreaterThan(1); // it was ended, and came back
  expect(report.flood.connections).toBeLessThan(10);
  expect(report.silent + report.asking).toBeLessThan(200);
  expect(report.tokens).toBeLessThan(200);
});
