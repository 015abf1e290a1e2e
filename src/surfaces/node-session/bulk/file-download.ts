import type { Ticket } from '#core/artifacts/artifact-tickets.ts';
import { openArtifact } from '#core/artifacts/read-artifacts.ts';
import { FleetError, notFound } from '#core/kernel/fleet-error.ts';
import { type BulkDeps, type BulkKind, type BulkNode, tell } from './bulk-kind.ts';

/** An artifact that the node has a ticket for. */
export const fileDownload: BulkKind<'download'> = {
  admit(node, { ticket }, { tickets }) {
    readTicket(node, ticket, tickets);
  },

  async serve(blocks, { node, asked }, { artifacts, tickets }) {
    const { artifactId } = readTicket(node, asked.ticket, tickets);
    const opened = await openArtifact(artifacts, {
      tenantId: node.tenantId,
      id: artifactId,
      range: { start: asked.offset },
    });
    if (opened === undefined) throw notFound('artifact');
    const { artifact, content, sizeBytes } = opened;
    try {
      if (asked.offset > sizeBytes) throw new FleetError('invalid', `the artifact has ${sizeBytes} bytes`);
      const sha256 = Buffer.from(artifact.sha256, 'hex');
      await tell(blocks, { $case: 'offer', value: { sizeBytes, sha256, offset: asked.offset } });
      await blocks.writeFile(content);
    } finally {
      content.destroy();
    }
  },
};

/** @throws FleetError `forbidden`, the same whatever is wrong with it */
function readTicket(node: BulkNode, text: string, tickets: BulkDeps['tickets']): Ticket {
  const ticket = tickets.read(text);
  const isForNode = ticket?.nodeId === 'anybody' || ticket?.nodeId === node.nodeId;
  if (ticket === undefined || !isForNode || ticket.tenantId !== node.tenantId)
    throw new FleetError('forbidden', 'the ticket is not good, not for this node, or has expired');
  return ticket;
}
