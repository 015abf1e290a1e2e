import type { OpenBytes } from '#core/artifacts/artifact-store.ts';
import type { Ticket } from '#core/artifacts/artifact-tickets.ts';
import { openArtifact } from '#core/artifacts/read-artifacts.ts';
import { FleetError, notFound } from '#core/kernel/fleet-error.ts';
import { openRelease } from '#core/releases/open-release.ts';
import { type BulkDeps, type BulkKind, type BulkNode, tell } from './bulk-kind.ts';

/** An artifact that the node has a ticket for, or a published release, which is for every node. */
export const fileDownload: BulkKind<'download'> = {
  admit(node, { ticket }, { tickets }) {
    if (releaseOf(ticket) === undefined) readTicket(node, ticket, tickets);
  },

  async serve(blocks, { node, asked }, deps) {
    const { content, sizeBytes, sha256 } = await open(node, asked, deps);
    try {
      if (asked.offset > sizeBytes) throw new FleetError('invalid', `the artifact has ${sizeBytes} bytes`);
      await tell(blocks, {
        $case: 'offer',
        value: { sizeBytes, sha256: Buffer.from(sha256, 'hex'), offset: asked.offset },
      });
      const isLimited = releaseOf(asked.ticket) !== undefined;
      await blocks.writeFile(isLimited ? deps.releases.bandwidth.through(content) : content);
    } finally {
      content.destroy();
    }
  },
};

interface Asked {
  readonly ticket: string;
  readonly offset: number;
}

async function open(
  node: BulkNode,
  { ticket, offset }: Asked,
  deps: BulkDeps,
): Promise<OpenBytes & { sha256: string }> {
  const release = releaseOf(ticket);
  if (release !== undefined)
    return { ...(await openRelease(deps.releases, { sha256: release, offset })), sha256: release };
  const { artifactId: id } = readTicket(node, ticket, deps.tickets);
  const opened = await openArtifact(deps.artifacts, { tenantId: node.tenantId, id, range: { start: offset } });
  if (opened === undefined) throw notFound('artifact');
  return { ...opened, sha256: opened.artifact.sha256 };
}

/** SHA-256 of the release that is asked for; undefined when it is a ticket. */
function releaseOf(ticket: string): string | undefined {
  return /^release\.([0-9a-f]{64})$/.exec(ticket)?.[1];
}

/** @throws FleetError `forbidden`, the same whatever is wrong with it */
function readTicket(node: BulkNode, text: string, tickets: BulkDeps['tickets']): Ticket {
  const ticket = tickets.read(text);
  const isForNode = ticket?.nodeId === 'anybody' || ticket?.nodeId === node.nodeId;
  if (ticket === undefined || !isForNode || ticket.tenantId !== node.tenantId)
    throw new FleetError('forbidden', 'the ticket is not good, not for this node, or has expired');
  return ticket;
}
