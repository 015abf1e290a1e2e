import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateProtocol } from '../../proto/generate.ts';

test('the committed protocol is what its definition generates', () => {
  const fresh = mkdtempSync(join(tmpdir(), 'garrison-protocol-'));
  try {
    generateProtocol(fresh);
    for (const file of ['garrison/node/v1/node.ts', 'google/protobuf/timestamp.ts']) {
      const committed = readFileSync(new URL(`../../src/protocol/gen/${file}`, import.meta.url), 'utf8');
      expect(readFileSync(join(fresh, file), 'utf8')).toBe(committed);
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
});
