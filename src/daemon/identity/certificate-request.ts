/**
 * Keys and PKCS#10 requests (RFC 2986), without the libraries that can make them: those cost a daemon more memory than
 * everything else it does.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { bitString, derInteger, explicit, oid, sequence, set, utf8 } from '#runtime/write-der.ts';

export interface KeyWithRequest {
  /** PEM (PKCS#8) of the new P-256 key. */
  readonly privateKey: string;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
}

/** A new key and a request over it. The controller decides the certificate's names; `commonName` is for people. */
export function newCertificateRequest(commonName: string): KeyWithRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    csr: requestOver(privateKey, publicKey, commonName),
  };
}

const COMMON_NAME = oid('2.5.4.3');
const ECDSA_WITH_SHA256 = oid('1.2.840.10045.4.3.2');

function requestOver(privateKey: KeyObject, publicKey: KeyObject, commonName: string): Buffer {
  const name = sequence(set(sequence(COMMON_NAME, utf8(nameText(commonName)))));
  const publicKeyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const info = sequence(derInteger(0), name, publicKeyInfo, explicit(0));
  const signature = sign('sha256', info, privateKey);
  return sequence(info, sequence(ECDSA_WITH_SHA256), bitString(signature));
}

/** X.520 allows a common name 1 to 64 characters. */
function nameText(commonName: string): string {
  return [...commonName].slice(0, 64).join('') || 'node';
}
