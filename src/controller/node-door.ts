import type { IssuedCertificate } from '#core/certificates/certificate.ts';
import type { ClientCertificates } from '#core/certificates/client-certificates.ts';
import type { NodeRenewals } from '#core/certificates/node-renewals.ts';
import { revokeOtherCertificates } from '#core/certificates/revoke-other-certificates.ts';
import { askBudget } from '#core/dispatches/ask-budget.ts';
import { grantStart } from '#core/dispatches/grant-start.ts';
import { type EnrolNodeDeps, enrolNode } from '#core/enrolment/enrol-node.ts';
import { noteWaitingNode, type WaitingNodesDeps } from '#core/enrolment/waiting-nodes.ts';
import { FleetError } from '#core/kernel/fleet-error.ts';
import { Secret } from '#core/kernel/secret.ts';
import { readReleaseKey } from '#core/releases/store.ts';
import type { EnrollRequest, EnrollResponse, RenewResponse } from '#protocol/gen/garrison/node/v1/node.ts';
import { readFacts, UnreadableFrame } from '#surfaces/node-session/frames.ts';
import type { NodeListenerParts } from '#surfaces/node-session/node-listener.ts';

/** The use cases behind the calls of nodes that are no sessions. */
export function nodeDoor(deps: {
  readonly certificates: ClientCertificates;
  readonly renewals: NodeRenewals;
  readonly enrolment: EnrolNodeDeps;
  readonly waiting: WaitingNodesDeps;
  readonly revocation: Parameters<typeof revokeOtherCertificates>[0];
}): Pick<
  NodeListenerParts,
  'findNode' | 'meetStranger' | 'enrol' | 'renew' | 'revokeOthers' | 'mayStart' | 'askBudget'
> {
  return {
    async findNode(fingerprint) {
      const identity = await deps.certificates.identify(fingerprint);
      switch (identity?.objection) {
        case undefined:
          return { kind: 'unknown' };
        case 'none':
          return { kind: 'node', nodeId: identity.nodeId, serial: identity.serial };
        case 'revoked':
          return { kind: 'revoked' };
        case 'ended':
          return { kind: 'ended', at: identity.notAfter };
      }
    },
    meetStranger: (stranger) => noteWaitingNode(deps.waiting, stranger),
    async enrol(request, remoteAddress) {
      const enrolment = await enrolNode(deps.enrolment, { request: readRequest(request), remoteAddress });
      return {
        nodeId: enrolment.nodeId,
        tenantId: enrolment.tenantId,
        clusterName: enrolment.clusterName,
        endpoints: [...enrolment.endpoints],
        releaseKey: (await readReleaseKey(deps.enrolment.db))?.publicKey ?? '',
        ...writeCertificate(enrolment.certificate),
      };
    },
    async renew(node, csr) {
      return writeCertificate(await deps.renewals.renew({ ...node, csr }));
    },
    revokeOthers: (node) => revokeOtherCertificates(deps.revocation, node),
    mayStart: ({ nodeId }, executionId) => grantStart(deps.revocation, { nodeId, executionId }),
    askBudget: ({ nodeId }, question) => askBudget(deps.revocation, { nodeId, ...question }),
  };
}

function readRequest(request: EnrollRequest) {
  try {
    return {
      joinSecret: new Secret(request.joinSecret),
      csr: Buffer.from(request.csr),
      name: request.name,
      machineId: request.machineId,
      facts: readFacts(request.facts),
      previousNodeId: request.previousNodeId,
      previousKeySignature: Buffer.from(request.previousKeySignature),
    };
  } catch (error) {
    if (error instanceof UnreadableFrame) throw new FleetError('malformed', error.message);
    throw error;
  }
}

function writeCertificate(
  certificate: IssuedCertificate,
): RenewResponse & Pick<EnrollResponse, 'certificateChain' | 'caBundle' | 'notAfter'> {
  return { certificateChain: certificate.chainPem, caBundle: certificate.caBundlePem, notAfter: certificate.notAfter };
}
