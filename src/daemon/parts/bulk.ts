import type { BulkChannels } from '../bulk/bulk-channels.ts';
import type { DaemonPart } from '../daemon-part.ts';
import type { Tunnels } from '../tunnels/tunnels.ts';

/** The connections besides the session: files that the node asks for, tunnels that somebody asks of it. */
export function bulkPart(bulk: BulkChannels, tunnels: Tunnels): DaemonPart {
  return {
    name: 'bulk connections',
    onWelcome: () => bulk.sessionOpened(),
    words: {
      bulk: ({ word }) => {
        if (word?.$case === 'tunnel') void tunnels.open(word.value);
        else bulk.onWord(word);
      },
    },
    metrics: () => ({ tunnels: tunnels.metrics }),
    stop: () => {
      tunnels.stop();
      bulk.stop();
    },
  };
}
