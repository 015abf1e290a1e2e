import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Redactor } from './output/redactor.ts';
import type { SlotSite } from './slot-site.ts';
import { collectChanges } from './workspace/collect-changes.ts';

const MOST_PATCHED_FILE_BYTES = 64 * 1024 * 1024;

export async function collectFromSlot({ work, run, course, tree, place }: SlotSite, baseCommit: string): Promise<void> {
  const { box, log, redactor } = course;
  const maxFileBytes = MOST_PATCHED_FILE_BYTES;
  const collected = await collectChanges({ run, work: tree, user: work.slot.user, place, baseCommit, maxFileBytes });
  if ('problem' in collected) {
    log.say('git', 'error', collected.problem);
    return box.miss('changes.patch', collected.problem);
  }
  const patch = join(run.out, 'changes.patch');
  await redactFile(collected.patchFile, patch, redactor);
  const { size } = await stat(patch);
  course.changes = { ...collected.changes, patch_bytes: size };
  await box.addFile('changes.patch', 'output', 'text/x-diff', patch);
}

/** Byte for byte what it was where no secret is in it: latin1 knows every byte. */
async function redactFile(from: string, to: string, redactor: Redactor): Promise<void> {
  const stream = redactor.stream();
  const redacting = new Transform({
    transform(piece: Buffer, _encoding, done) {
      done(null, Buffer.from(stream.push(piece.toString('latin1')), 'latin1'));
    },
    flush(done) {
      done(null, Buffer.from(stream.end(), 'latin1'));
    },
  });
  await pipeline(createReadStream(from), redacting, createWriteStream(to, { mode: 0o600 }));
}
