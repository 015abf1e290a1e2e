import { pki } from '#adapters/pki/pki.ts';

/** A certificate authority for one test. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string;
  /** A certificate for a name, good for an hour, and its key, both PEM. */
  issue(commonName: string, usage: 'client' | 'server'): { certificateChain: string; privateKey: string };
}

export function testAuthority(commonName: string): TestAuthority {
  const { certificate, privateKeyPem } = pki.createAuthority({ commonName, ...validity() });
  const signer = pki.openSigner(certificate.pem, privateKeyPem);
  return {
    certificate: certificate.pem,
    issue(name, usage) {
      const { publicKey, privateKeyPem: privateKey } = pki.createKeyPair();
      const request = { commonName: name, publicKey, ...validity(), usage, dnsNames: [name] };
      return { certificateChain: pki.signCertificate(signer, request).pem, privateKey };
    },
  };
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Math.floor(Date.now() / 1_000) * 1_000;
  return { notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000) };
}
