import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutputFileReader, OutputFileWriter } from './output-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-output-'));
  path = join(directory, 'output');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function readAll(reader: OutputFileReader): [number, number, string][] {
  const records: [number, number, string][] = [];
  for (let record = reader.peek(); record !== undefined; record = reader.peek()) {
    records.push([record.stream, record.offset, record.data.toString()]);
    reader.advance(record);
  }
  return records;
}

test('gives what was put in, in its order, also while it grows, and from the beginning to whoever opens it anew', () => {
  const reader = new OutputFileReader(path);
  expect(readAll(reader)).toEqual([]);
  const writer = new OutputFileWriter(path);
  writer.add(1, 0, Buffer.from('out'));
  writer.add(2, 0, Buffer.from('err'));
  expect(readAll(reader)).toEqual([
    [1, 0, 'out'],
    [2, 0, 'err'],
  ]);
  writer.add(1, 3, Buffer.from('more'));
  expect(readAll(reader)).toEqual([[1, 3, 'more']]);
  writer.close();
  reader.close();
  const again = new OutputFileReader(path);
  expect(readAll(again)).toHaveLength(3);
  again.close();
});

test('does not give what is not whole', () => {
  const writer = new OutputFileWriter(path);
  writer.add(1, 0, Buffer.from('out'));
  writer.close();
  appendFileSync(path, Buffer.from([1, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]));
  const reader = new OutputFileReader(path);
  expect(readAll(reader)).toEqual([[1, 0, 'out']]);
  reader.close();
});
