import { createHash, X509Certificate } from 'node:crypto';
import type { Pki } from '../certificates/pki.ts';
import { readUnrevoked } from '../certificates/store.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { Queryable } from '../kernel/sql.ts';

/** Renewals overlap, so a host may hold the key of one before the newest. */
const CERTIFICATES_LOOKED_AT = 5;

/**
 * Whether `signature` over SHA-256(csr) was made with a key that an unrevoked certificate of the node holds; one that has
 * ended still proves who the host was. The CSR is in it, so the proof is good for that one key only.
 */
export async function provesPossession(
  db: Queryable,
  pki: Pick<Pki, 'verifySignature'>,
  { nodeId, csr, signature }: { readonly nodeId: NodeId; readonly csr: Buffer; readonly signature: Buffer },
): Promise<boolean> {
  if (signature.length === 0) return false;
  const certificates = await readUnrevoked(db, nodeId, CERTIFICATES_LOOKED_AT);
  const message = createHash('sha256').update(csr).digest();
  return certificates.some(({ pem }) => {
    const publicKey = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
    return pki.verifySignature(publicKey, message, signature);
  });
}
