/**
 * What core asks of a PKI; `adapters/pki` implements it. Everything is synchronous: signing and verifying with P-256
 * costs tens of microseconds. Instants are whole seconds, as certificates write them; serials are upper-case hex.
 */
export interface Pki {
  /** A new P-256 authority: self-signed without an issuer, else an intermediate that can sign leaves only. */
  createAuthority(request: AuthorityRequest, issuer?: Signer): NewAuthority;
  /** @throws Error when the key does not belong to the certificate. */
  openSigner(certificatePem: string, privateKeyPem: string): Signer;
  signCertificate(signer: Signer, request: CertificateRequest): SignedCertificate;
  /** A version 2 CRL, DER. */
  signRevocationList(signer: Signer, list: RevocationListRequest): Buffer;
  /** Reads a PKCS#10 request and checks its signature: whoever sent it holds the key. Never throws on any bytes. */
  readSigningRequest(der: Buffer): SigningRequest | RefusedSigningRequest;
  /** Whether `signature` over `message` was made by the private half of `publicKey` (with the curve's own hash). */
  verifySignature(publicKey: Buffer, message: Buffer, signature: Buffer): boolean;
  createKeyPair(): KeyPair;
}

export interface AuthorityRequest {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface NewAuthority {
  readonly certificate: SignedCertificate;
  /** PKCS#8. */
  readonly privateKeyPem: string;
}

/** An authority that can sign. The key stays inside `sign`. */
export interface Signer {
  readonly certificatePem: string;
  /** The subject, DER: what everything it signs names as its issuer. */
  readonly subject: Buffer;
  readonly subjectKeyId: Buffer;
  /** ECDSA with SHA-256. */
  sign(bytes: Buffer): Buffer;
}

export interface CertificateRequest {
  /** May have any length: those of outposts are longer than X.520 allows (`docs/decisions/0012-…`). */
  readonly commonName: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly usage: 'client' | 'server';
  readonly uris?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

export interface SignedCertificate {
  readonly pem: string;
  readonly serial: string;
  readonly subject: string;
  /** SHA-256 of the certificate, DER. */
  readonly fingerprint: Buffer;
  /** SHA-256 of the SubjectPublicKeyInfo. */
  readonly publicKeyHash: Buffer;
  readonly subjectKeyId: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface RevocationListRequest {
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly entries: readonly RevocationEntry[];
}

export interface RevocationEntry {
  readonly serial: string;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

/** RFC 5280 §5.3.1, as far as we give them. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;

export type RevocationReason = keyof typeof REVOCATION_REASONS;

export interface SigningRequest {
  readonly isAccepted: true;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
}

/** `problem` continues the sentence "The signing request …". */
export interface RefusedSigningRequest {
  readonly isAccepted: false;
  readonly problem: string;
}

export interface KeyPair {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  /** SEC1, PEM (`EC PRIVATE KEY`). */
  readonly privateKeyPem: string;
}
