import { createPrivateKey, type KeyObject } from 'node:crypto';
import { newCertificateRequest } from '#daemon/identity/certificate-request.ts';

export interface TestSigningRequest {
  readonly privateKey: KeyObject;
  /** PKCS#10, DER. */
  readonly csr: Buffer;
}

/** A new key and a request over it, made as a daemon makes them. */
export function newSigningRequest(): TestSigningRequest {
  const { csr, privateKey } = newCertificateRequest('host');
  return { csr, privateKey: createPrivateKey(privateKey) };
}
