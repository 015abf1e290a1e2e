import type { DaemonPart } from '../daemon-part.ts';
import type { CertificateRenewal } from '../identity/certificate-renewal.ts';

/** The certificate of the node, renewed in time. */
export function certificatePart(renewal: CertificateRenewal): DaemonPart {
  return {
    name: 'certificate',
    onWelcome: () => renewal.sessionOpened(),
    look: () => renewal.look(),
    start: () => renewal.start(),
    stop: () => renewal.stop(),
  };
}
