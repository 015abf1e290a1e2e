import {
  REVOCATION_REASONS,
  type RevocationEntry,
  type RevocationListRequest,
  type Signer,
} from '#core/certificates/pki.ts';
import { bitString, enumerated, integer, sequence, time } from './der.ts';
import { authorityKeyId, ECDSA_WITH_SHA256, extension, extensions, OID } from './names.ts';

/** RFC 5280 §5. 100,000 entries in a tenth of a second: no object per field, one buffer per entry. */
export function signRevocationList(signer: Signer, list: RevocationListRequest): Buffer {
  const toBeSigned = sequence(
    VERSION_2,
    ECDSA_WITH_SHA256,
    signer.subject,
    time(list.thisUpdate),
    time(list.nextUpdate),
    ...(list.entries.length === 0 ? [] : [sequence(Buffer.concat(list.entries.map(writeEntry)))]),
    extensions(0, [authorityKeyId(signer.subjectKeyId), extension(OID.crlNumber, integer(list.number))]),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(signer.sign(toBeSigned)));
}

function writeEntry({ serial, revokedAt, reason }: RevocationEntry): Buffer {
  return sequence(integer(Buffer.from(evenHex(serial), 'hex')), time(revokedAt), ...REASONS[reason]);
}

function evenHex(hex: string): string {
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

const VERSION_2 = integer(1);

/** The entry extensions of every reason; `unspecified` has none (RFC 5280 §5.3.1). */
const REASONS = Object.fromEntries(
  Object.entries(REVOCATION_REASONS).map(([reason, code]) => [
    reason,
    code === 0 ? [] : [sequence(extension(OID.reasonCode, enumerated(code)))],
  ]),
) as Record<RevocationEntry['reason'], Buffer[]>; // the keys are those of the table above
