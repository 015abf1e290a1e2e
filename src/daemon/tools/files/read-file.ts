import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type FsReadArgs, MAX_READ_BYTES } from '#protocol/tools/files.ts';
import type { Places } from '../../policy/places.ts';
import { withConfinedPath } from './confined-path.ts';
import { describeEntry, kindOf } from './describe-entry.ts';
import { FileFailure } from './file-failure.ts';

export function readFile(places: Places, { path, offset = 0, length }: FsReadArgs): unknown {
  return withConfinedPath(places, path, true, ({ realPath, entry }) => {
    // A named pipe nobody writes to must not hold us, nor a terminal become ours.
    const file = openSync(entry, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new FileFailure('wrong_file_type', `${realPath} is a ${kindOf(stats)}, not a file`);
      const content = readPart(file, offset, length ?? MAX_READ_BYTES + 1);
      if (length === undefined && content.length > MAX_READ_BYTES) {
        const advice = 'read it in parts, with offset and length';
        throw new FileFailure('file_too_large', `${realPath} has more than ${MAX_READ_BYTES} bytes; ${advice}`);
      }
      return { path: realPath, ...describeEntry(stats), offset, ...encode(content) };
    } finally {
      closeSync(file);
    }
  });
}

/** It may grow or shrink meanwhile, so what counts is what can be read. */
function readPart(file: number, offset: number, length: number): Buffer {
  const content = Buffer.alloc(length);
  let at = 0;
  while (at < length) {
    const bytes = readSync(file, content, at, length - at, offset + at);
    if (bytes === 0) break;
    at += bytes;
  }
  return content.subarray(0, at);
}

/** Text where it is text that JSON and databases hold without swelling, else base64. */
function encode(content: Buffer): { encoding: 'utf8' | 'base64'; content: string; length: number } {
  const text = textOf(content);
  if (text === undefined) return { encoding: 'base64', content: content.toString('base64'), length: content.length };
  return { encoding: 'utf8', content: text, length: content.length };
}

function textOf(content: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    const isPlain = !text.includes('\0') && Buffer.byteLength(JSON.stringify(text)) <= 1.3 * content.length + 100;
    return isPlain ? text : undefined;
  } catch {
    return undefined;
  }
}
