/**
 * Keys and PKCS#10 requests (RFC 2986). The few DER forms a request over a P-256 key needs are written here: the
 * libraries that can do it cost a daemon more memory than everything else it does.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface CertificateRequest {
  /** PEM (PKCS#8) of the new P-256 key. */
  readonly privateKey: string;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
}

/** A new key and a request over it. The controller decides the certificate's names; `commonName` is for people. */
export function newCertificateRequest(commonName: string): CertificateRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    csr: requestOver(privateKey, publicKey, commonName),
  };
}

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const SEQUENCE = 0x30;
const SET = 0x31;
const ATTRIBUTES = 0xa0;

const COMMON_NAME = Buffer.from([0x55, 0x04, 0x03]); // 2.5.4.3
const ECDSA_WITH_SHA256 = Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]); // 1.2.840.10045.4.3.2

function requestOver(privateKey: KeyObject, publicKey: KeyObject, commonName: string): Buffer {
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, der(OBJECT_ID, COMMON_NAME), der(UTF8_STRING, nameBytes(commonName)))),
  );
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const info = der(SEQUENCE, der(INTEGER, Buffer.from([0])), name, publicKeyInfo, der(ATTRIBUTES));
  const signature = sign('sha256', info, privateKey);
  const algorithm = der(SEQUENCE, der(OBJECT_ID, ECDSA_WITH_SHA256));
  return der(SEQUENCE, info, algorithm, der(BIT_STRING, Buffer.concat([Buffer.from([0]), signature])));
}

/** X.520 allows a common name 1 to 64 characters. */
function nameBytes(commonName: string): Buffer {
  return Buffer.from([...commonName].slice(0, 64).join('') || 'node', 'utf8');
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content.length)]), content]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}
