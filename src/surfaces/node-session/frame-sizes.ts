/** How many bytes each frame of a node had on the line, for whoever counts what a connection carries. */
import { type NodeFrame, NodeServiceService } from '#protocol/gen/garrison/node/v1/node.ts';

const sizes = new WeakMap<NodeFrame, number>();

/** The service as generated; frames that it reads are measured. */
export const MeasuredNodeService = {
  ...NodeServiceService,
  session: {
    ...NodeServiceService.session,
    requestDeserialize: (bytes: Buffer): NodeFrame => {
      const frame = NodeServiceService.session.requestDeserialize(bytes);
      sizes.set(frame, bytes.length);
      return frame;
    },
  },
} as const;

export function sizeOf(frame: NodeFrame): number {
  return sizes.get(frame) ?? 0;
}
