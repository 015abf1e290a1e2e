import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { Finished } from '#protocol/gen/garrison/node/v1/node.ts';
import { FileJournal, type FileJournalOptions } from './file-journal.ts';
import { type JournalRecord, JournalUnavailable, type Order } from './journal.ts';
import { writeLine } from './journal-line.ts';
import { JournalState } from './journal-state.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function setup(options: Partial<FileJournalOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'garrison-journal-'));
  directories.push(directory);
  const path = join(directory, 'journal.log');
  const open = () => new FileJournal({ path, ...options });
  return { path, open };
}

function order(executionId: string): Order {
  return {
    executionId,
    runId: 'run',
    tool: 'cmd.run',
    argsJson: '{"command":"true"}',
    timeoutMs: 0,
    startBefore: undefined,
    outputLimitBytes: 0,
  };
}

function finished(executionId: string): Finished {
  return Finished.fromPartial({
    executionId,
    outcome: 'ok',
    exitCode: 0,
    startedAt: new Date('2026-01-02T03:04:05.678Z'),
    finishedAt: new Date('2026-01-02T03:04:06Z'),
    resultJson: '{"startedAt":"text"}',
  });
}

const received = (id: string): JournalRecord => ({ kind: 'received', order: order(id) });
const started = (id: string): JournalRecord => ({ kind: 'started', id, at: 5 });
const ended = (id: string): JournalRecord => ({ kind: 'finished', id, finished: finished(id) });

describe('the file journal', () => {
  test('knows after a restart what it knew before', async () => {
    const { open } = setup();
    const journal = open();
    await journal.append([received('a'), received('b'), received('c'), received('d')]);
    await journal.append([started('b'), started('c'), started('d')]);
    journal.note({ kind: 'process', id: 'b', mark: { pid: 7, startTicks: 99 } });
    journal.note(ended('c'));
    journal.note(ended('d'));
    journal.note({ kind: 'acknowledged', id: 'd' });
    await journal.close();

    const again = open();
    expect([...again.entries]).toEqual([
      ['a', { state: 'received', order: order('a') }],
      ['b', { state: 'started', order: order('b'), at: 5, mark: { pid: 7, startTicks: 99 } }],
      ['c', { state: 'finished', finished: finished('c') }],
    ]);
    expect(again.acknowledged('d')).toEqual({ ...finished('d'), resultJson: '' });
    expect(again.acknowledged('c')).toBeUndefined();
    await again.close();
  });

  test('has written a note when note returns, whatever becomes of the process then', async () => {
    const { path, open } = setup();
    const journal = open();
    await journal.append([received('a'), started('a')]);
    journal.note(ended('a'));
    expect(readFileSync(path, 'utf8')).toContain('"kind":"finished"');
    await journal.close();
  });

  test('syncs what arrives together once, and only then says that it is durable', async () => {
    const syncs: PromiseWithResolvers<void>[] = [];
    const { open } = setup({
      sync: () => {
        const sync = Promise.withResolvers<void>();
        syncs.push(sync);
        return sync.promise;
      },
    });
    const journal = open();
    const durable: string[] = [];
    const append = (id: string) => journal.append([received(id)]).then(() => durable.push(id));
    const first = ['a', 'b', 'c'].map(append);
    await expect.poll(() => syncs.length).toBe(1);
    const second = ['d', 'e'].map(append);
    expect(durable).toEqual([]);
    syncs[0]?.resolve();
    await Promise.all(first);
    expect(durable).toEqual(['a', 'b', 'c']);
    await expect.poll(() => syncs.length).toBe(2);
    syncs[1]?.resolve();
    await Promise.all(second);
    expect(syncs.length).toBe(2);
    await journal.close();
  });

  test('counts nothing of what the disk did not take, and goes on when it does again', async () => {
    let isBroken = true;
    const { open } = setup({
      sync: async () => {
        if (isBroken) throw new Error('EIO');
      },
    });
    const journal = open();
    await expect(journal.append([received('a')])).rejects.toThrow(JournalUnavailable);
    expect(journal.entries.size).toBe(0);
    isBroken = false;
    await journal.append([received('b')]);
    await journal.close();
    const again = open();
    expect([...again.entries.keys()]).toEqual(['b']);
    await again.close();
  });

  test('refuses once it is closed', async () => {
    const { open } = setup();
    const journal = open();
    await journal.close();
    await journal.close();
    await expect(journal.append([received('a')])).rejects.toThrow(JournalUnavailable);
    expect(() => journal.note(started('a'))).toThrow(JournalUnavailable);
  });

  test('stays small however much passes through it, and remembers a bounded number of ended executions', async () => {
    const { path, open } = setup({ compactAboveBytes: 20_000, maxAcknowledged: 10 });
    const journal = open();
    await journal.append([received('kept')]);
    for (let batch = 0; batch < 20; batch++) {
      const ids = Array.from({ length: 20 }, (_, index) => `${batch}-${index}`);
      await journal.append(ids.flatMap((id) => [received(id), started(id)]));
      for (const id of ids) {
        journal.note(ended(id));
        journal.note({ kind: 'acknowledged', id });
      }
    }
    expect(statSync(path).size).toBeLessThan(60_000);
    expect([...journal.entries.keys()]).toEqual(['kept']);
    expect(journal.acknowledged('19-19')).toBeDefined();
    expect(journal.acknowledged('0-0')).toBeUndefined();
    await journal.close();
    const again = open();
    expect([...again.entries.keys()]).toEqual(['kept']);
    expect(again.acknowledged('19-10')).toBeDefined();
    await again.close();
  });

  test('keeps what follows a damaged line', async () => {
    const { path, open } = setup();
    writeFileSync(path, `${writeLine(received('a'))}deadbeef {"kind":"received"}\n${writeLine(started('a'))}`);
    const journal = open();
    expect(journal.damagedLines).toBe(1);
    expect(journal.entries.get('a')).toMatchObject({ state: 'started' });
    await journal.close();
  });

  test('never loses a whole record to a torn write, wherever it was torn and whatever is there instead', async () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const record: fc.Arbitrary<JournalRecord> = fc.oneof(
      id.map(received),
      id.map(started),
      id.map((id) => ({ kind: 'process', id, mark: { pid: 3, startTicks: 4 } }) as const),
      id.map(ended),
      id.map((id) => ({ kind: 'acknowledged', id }) as const),
    );
    const garbage = fc.uint8Array({ maxLength: 40 });
    const { path, open } = setup({ sync: async () => {} }); // torn files are written here, no power fails
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 12 }), fc.nat(), garbage, async (records, cutAt, bytes) => {
        const lines = records.map(writeLine);
        const content = Buffer.from(lines.join(''));
        const cut = cutAt % (content.length + 1);
        writeFileSync(path, content.subarray(0, cut));
        appendFileSync(path, bytes);

        const expected = new JournalState(10_000);
        let end = 0;
        records.forEach((record, index) => {
          end += Buffer.byteLength(lines[index] ?? '');
          // The last newline may be among the missing bytes: the line itself is whole without it, unless garbage follows.
          if (end <= cut || (end - 1 === cut && (bytes.length === 0 || bytes[0] === 10))) expected.apply(record);
        });
        const journal = open();
        expect([...journal.entries]).toEqual([...expected.entries]);
        for (const id of ['a', 'b', 'c']) expect(journal.acknowledged(id)).toEqual(expected.acknowledged(id));
        await journal.append([received('later')]);
        await journal.close();
        const again = open();
        expect(again.damagedLines).toBe(0);
        expect([...again.entries.keys()]).toEqual([...expected.entries.keys(), 'later']);
        await again.close();
      }),
      { numRuns: 300 },
    );
  });
});
