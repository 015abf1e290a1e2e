import {
  REVOCATION_REASONS,
  type RevocationEntry,
  type RevocationListRequest,
  type Signer,
} from '#core/certificates/pki.ts';
import { bitString, DER_TAG, derInteger, enumerated, sequence, time } from '#runtime/write-der.ts';
import { authorityKeyId, ECDSA_WITH_SHA256, extension, extensions, OID } from './names.ts';

/**
 * RFC 5280 §5. The entries go into one buffer, written in place: a list has a hundred thousand of them, and a list is
 * signed at every revocation.
 */
export function signRevocationList(signer: Signer, list: RevocationListRequest): Buffer {
  const toBeSigned = sequence(
    VERSION_2,
    ECDSA_WITH_SHA256,
    signer.subject,
    time(list.thisUpdate),
    time(list.nextUpdate),
    ...(list.entries.length === 0 ? [] : [sequence(writeEntries(list.entries))]),
    extensions(0, [authorityKeyId(signer.subjectKeyId), extension(OID.crlNumber, derInteger(list.number))]),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signer.sign(toBeSigned)));
}

function writeEntries(entries: readonly RevocationEntry[]): Buffer {
  const out = Buffer.allocUnsafe(entries.length * MOST_BYTES_OF_ENTRY);
  let end = 0;
  let second = Number.NaN;
  let revokedAt: Buffer = Buffer.alloc(0);
  for (const entry of entries) {
    const ofEntry = Math.floor(entry.revokedAt.getTime() / 1_000);
    if (ofEntry !== second) revokedAt = time(entry.revokedAt); // many are of one second
    second = ofEntry;
    end = writeEntry(out, end, entry, revokedAt);
  }
  return out.subarray(0, end);
}

/** SEQUENCE { serial, time, reason }: far below 128 bytes, so every length is one byte. Returns where it ends. */
function writeEntry(out: Buffer, start: number, { serial, reason }: RevocationEntry, revokedAt: Buffer): number {
  let end = writeSerial(out, start + 2, serial);
  end += revokedAt.copy(out, end);
  end += REASONS[reason].copy(out, end);
  out[start] = DER_TAG.sequence;
  out[start + 1] = end - start - 2;
  return end;
}

function writeSerial(out: Buffer, start: number, hex: string): number {
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  const isNegative = even.charCodeAt(0) > SEVEN; // a first digit from 8 on: an empty byte before it keeps it positive
  const length = out.write(isNegative ? `00${even}` : even, start + 2, 'hex');
  out[start] = DER_TAG.integer;
  out[start + 1] = length;
  return start + 2 + length;
}

const SEVEN = '7'.charCodeAt(0);
/** Serials have at most 20 bytes (RFC 5280 §4.1.2.2), times 17, reasons 14. */
const MOST_BYTES_OF_ENTRY = 64;
const VERSION_2 = derInteger(1);

/** The entry extensions of every reason; `unspecified` has none (RFC 5280 §5.3.1). */
const REASONS = Object.fromEntries(
  Object.entries(REVOCATION_REASONS).map(([reason, code]) => [
    reason,
    code === 0 ? Buffer.alloc(0) : sequence(extension(OID.reasonCode, enumerated(code))),
  ]),
) as Record<RevocationEntry['reason'], Buffer>; // the keys are those of the table above
