import { createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import type { AuthorityRequest, KeyPair, NewAuthority, Pki, Signer } from '#core/certificates/pki.ts';
import { keyIdOf, readSubject, signAuthorityCertificate, signLeafCertificate } from './certificates.ts';
import { distinguishedName } from './names.ts';
import { signRevocationList } from './revocation-list.ts';
import { readSigningRequest, verifySignature } from './signing-request.ts';

/**
 * The PKI port over node:crypto and the DER writer beside it. Why not a library: `docs/decisions/0010-…`.
 */
export const pki: Pki = {
  createAuthority,
  openSigner,
  signCertificate: signLeafCertificate,
  signRevocationList,
  readSigningRequest,
  verifySignature,
  createKeyPair,
};

function createAuthority(request: AuthorityRequest, issuer?: Signer): NewAuthority {
  const { publicKey, privateKey } = newP256Key();
  const own = {
    certificatePem: '',
    subject: distinguishedName(request.commonName),
    subjectKeyId: keyIdOf(publicKey),
    sign: signWith(privateKey),
  };
  // an intermediate signs leaves, the root signs intermediates
  const certificate = signAuthorityCertificate(issuer ?? own, { ...request, publicKey }, issuer ? 0 : 1);
  return { certificate, privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function openSigner(certificatePem: string, privateKeyPem: string): Signer {
  const certificate = new X509Certificate(certificatePem);
  const privateKey = createPrivateKey(privateKeyPem);
  if (!certificate.checkPrivateKey(privateKey))
    throw new Error(`the key of ${certificate.subject} is another authority's`);
  return {
    certificatePem,
    subject: readSubject(certificate.raw),
    subjectKeyId: keyIdOf(certificate.publicKey.export({ type: 'spki', format: 'der' })),
    sign: signWith(privateKey),
  };
}

function createKeyPair(): KeyPair {
  const { publicKey, privateKey } = newP256Key();
  return { publicKey, privateKeyPem: privateKey.export({ type: 'sec1', format: 'pem' }).toString() };
}

function newP256Key(): { publicKey: Buffer; privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { publicKey: publicKey.export({ type: 'spki', format: 'der' }), privateKey };
}

function signWith(privateKey: KeyObject): (bytes: Buffer) => Buffer {
  return (bytes) => sign('sha256', bytes, privateKey);
}
