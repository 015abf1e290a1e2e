import { X509Certificate } from 'node:crypto';

/** What a node is known by, and whom it trusts. */
export interface Identity {
  readonly nodeId: string;
  readonly tenantId: string;
  readonly clusterName: string;
  /** PEM; made on this host, except for outposts, whose contract has the controller make it. */
  readonly privateKey: string;
  /** PEM: leaf, then intermediate. */
  readonly certificateChain: string;
  /** PEM: what a controller's certificate must lead to. */
  readonly caBundle: string;
  /** host:port of the node listeners, first preferred. */
  readonly endpoints: readonly string[];
  /** The pair before this one, until this one has worked. */
  readonly formerly?: Pick<Identity, 'privateKey' | 'certificateChain'>;
  /** There for outposts: whom they tell that they live, beside the session. */
  readonly outpost?: OutpostAddress;
}

/** The identity with the certificate before the present one. */
export function formerIdentity({ formerly, ...rest }: Identity): Identity | undefined {
  return formerly && { ...rest, ...formerly };
}

export interface OutpostAddress {
  /** Base URL of the API, over TLS. */
  readonly api: string;
  readonly orgId: string;
  readonly outpostId: string;
}

export interface CertificateLife {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Upper-case hex, as the controller lists it. */
  readonly serial: string;
}

/** Returns the validity of the leaf certificate. Throws where the chain does not begin with a certificate. */
export function certificateLife(identity: Identity): CertificateLife {
  const leaf = new X509Certificate(identity.certificateChain);
  return { notBefore: new Date(leaf.validFrom), notAfter: new Date(leaf.validTo), serial: leaf.serialNumber };
}
