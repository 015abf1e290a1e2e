import { expect, test } from 'vitest';
import type { JournalEntry } from '../journal/journal.ts';
import type { SpooledChunk } from '../spool/spool.ts';
import { noOrder } from './execution.ts';
import { readFormerLife } from './former-life.ts';

const chunk = (executionId: string, ordinal: number): SpooledChunk => ({
  executionId,
  ordinal,
  stream: 1,
  offset: 0,
  length: 1,
});

test('keeps the chunks of what is in the journal, in order and up to the first gap', () => {
  const entries = new Map<string, JournalEntry>([
    ['whole', { state: 'received', order: noOrder('whole') }],
    ['torn', { state: 'started', order: noOrder('torn'), at: 0, mark: undefined }],
  ]);
  const chunks = [
    chunk('torn', 4),
    chunk('whole', 0),
    chunk('torn', 5),
    chunk('forgotten', 0),
    chunk('torn', 7),
    chunk('whole', 1),
  ];
  const { executions, orphans } = readFormerLife(entries, chunks);
  expect(executions.map(({ id, chunks: kept }) => [id, kept.map(({ ordinal }) => ordinal)])).toEqual([
    ['whole', [0, 1]],
    ['torn', [4, 5]],
  ]);
  expect(orphans).toEqual([chunk('forgotten', 0), chunk('torn', 7)]);
});

test('takes the later of two chunks with one ordinal: output that was taken up is sent from its beginning', () => {
  const entries = new Map<string, JournalEntry>([
    ['followed', { state: 'started', order: noOrder('followed'), at: 0, mark: undefined }],
  ]);
  const later = [0, 1, 2].map((ordinal) => ({ ...chunk('followed', ordinal), offset: 7 }));
  const { executions } = readFormerLife(entries, [chunk('followed', 0), chunk('followed', 1), ...later]);
  expect(executions[0]?.chunks).toEqual(later);
});
